using System.Diagnostics;
using System.Globalization;
using Orchestrator.Core;
using Orchestrator.Core.Runtime;
using Orchestrator.Processes.Launching;
using Orchestrator.Processes.Logs;

namespace Orchestrator.Processes.Lifetime;

/// <summary>What a container has to itself on this machine.</summary>
internal sealed record ContainerPlace(int Port, string WorkingDirectory, ReplicaLog Log);

/// <summary>One running container: owns its process, its log and its working directory until both are gone.</summary>
internal sealed class ContainerProcess
{
    private const int LinesOfAnExit = 20;
    private static readonly TimeSpan LastOutput = TimeSpan.FromSeconds(2);

    private readonly Process _process;
    private readonly ProcessEnder _ender;
    private readonly TimeProvider _time;
    private readonly string _workingDirectory;
    private readonly long? _memoryKills = MemoryKills.Count();
    private readonly Task _pump;
    private readonly Task _exited;

    public ContainerProcess(Process process, ContainerLaunch launch, ContainerPlace place, ProcessEnder ender, TimeProvider time)
    {
        _process = process;
        _ender = ender;
        _time = time;
        _workingDirectory = place.WorkingDirectory;
        Pid = process.Id;
        Port = place.Port;
        Log = place.Log;
        Info = new ContainerInfo
        {
            ContainerId = Pid.ToString(CultureInfo.InvariantCulture),
            Replica = launch.Replica,
            SpecHash = launch.SpecHash,
            Address = new ContainerAddress(LoopbackPorts.Host, place.Port),
            StartedAt = time.GetUtcNow(),
        };
        process.StandardInput.Close();
        _pump = LogPump.RunAsync(process.StandardOutput.BaseStream, place.Log);
        _exited = process.WaitForExitAsync();
    }

    /// <summary>Process id, and number of its session and group.</summary>
    public int Pid { get; }

    public int Port { get; }

    public ContainerInfo Info { get; }

    public ReplicaLog Log { get; }

    /// <summary>Completes when it and everything it started is gone and its exit was made known; set at once by the runtime, which owns that work.</summary>
    public required Task Ended { get; set; }

    /// <summary>Asks it to drain, and kills it when <paramref name="grace"/> is over.</summary>
    public async Task StopAsync(TimeSpan grace, CancellationToken cancellationToken)
    {
        if (!_exited.IsCompleted)
        {
            Native.Signal(Pid, Native.Sigterm);
        }

        try
        {
            await _exited.WaitAsync(grace, _time, cancellationToken);
        }
        catch (TimeoutException)
        {
            await _ender.EndReplicaAsync(Pid, Info.Replica);
        }

        await Ended.WaitAsync(cancellationToken);
    }

    /// <summary>Waits for its end, ends what it left behind, and says how it was.</summary>
    /// <returns>The exit, and the processes that could not be ended.</returns>
    public async Task<(ContainerExit Exit, IReadOnlyList<int> Stuck)> WaitAsync()
    {
        await _exited;
        var stuck = await _ender.EndReplicaAsync(Pid, Info.Replica);
        try
        {
            await _pump.WaitAsync(LastOutput, _time);
        }
        catch (TimeoutException)
        {
            // A process without our marks holds the pipe; what it writes is not the container's word any more.
            Log.Append(["(its output was still held open by another process after its end)"]);
        }

        Log.End();
        var lines = Log.LastWithFatal(LinesOfAnExit);
        var killedForMemory = MemoryKills.Count() > _memoryKills;
        var reason = ExitReason.For(_process.ExitCode, lines, killedForMemory);
        var exit = new ContainerExit(Info.ContainerId, Info.Replica, _process.ExitCode, reason, lines);
        _process.Dispose();
        RemoveWorkingDirectory();
        return (exit, stuck);
    }

    private void RemoveWorkingDirectory()
    {
        try
        {
            Directory.Delete(_workingDirectory, recursive: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Log.Append([$"(its working directory stays behind: {e.Message})"]);
        }
    }
}
