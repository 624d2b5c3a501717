using System.Diagnostics;

namespace Orchestrator.Benchmarks.Cluster;

/// <summary>On which processor cores programs run: all threads they have, and those that these start later.</summary>
internal static class CorePlacement
{
    /// <summary>The last core for the containers, the others for this process.</summary>
    public static async Task ApartAsync(IReadOnlyList<int> containers)
    {
        var last = Environment.ProcessorCount - 1;
        if (last == 0)
        {
            throw new BenchmarkException("containers and callers need a core each; this machine has one");
        }

        await SetAsync(Environment.ProcessId, $"0-{last - 1}");
        await SetAsync(containers, $"{last}");
    }

    /// <summary>All cores for both: where threads run is the kernel's choice.</summary>
    public static async Task TogetherAsync(IReadOnlyList<int> containers)
    {
        var all = $"0-{Environment.ProcessorCount - 1}";
        await SetAsync(Environment.ProcessId, all);
        await SetAsync(containers, all);
    }

    private static async Task SetAsync(IReadOnlyList<int> pids, string cores)
    {
        foreach (var pid in pids)
        {
            await SetAsync(pid, cores);
        }
    }

    private static async Task SetAsync(int pid, string cores)
    {
        // The runtime's own way (Process.ProcessorAffinity) sets one thread.
        using var taskset = Process.Start(new ProcessStartInfo("taskset", ["-a", "-c", "-p", cores, $"{pid}"]) { RedirectStandardOutput = true, RedirectStandardError = true })
            ?? throw new BenchmarkException("taskset (util-linux) cannot be started");
        var said = await taskset.StandardError.ReadToEndAsync();
        await taskset.WaitForExitAsync();
        if (taskset.ExitCode != 0)
        {
            throw new BenchmarkException($"taskset -p {cores} {pid}: {said}");
        }
    }
}
