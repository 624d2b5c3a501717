using System.Globalization;

namespace Orchestrator.Benchmarks.Cluster;

/// <summary>Processor time of processes, from /proc.</summary>
internal static class CpuTime
{
    // sysconf(_SC_CLK_TCK) is 100 on every Linux that .NET runs on.
    private const double TicksPerSecond = 100;
    private const int UserTime = 11;
    private const int ParentId = 1;

    /// <summary>User and system time that the processes have used so far; those that have ended count 0.</summary>
    public static TimeSpan Of(IEnumerable<int> pids) =>
        TimeSpan.FromSeconds(pids.Select(Fields).Sum(f => f is null ? 0 : (Number(f[UserTime]) + Number(f[UserTime + 1])) / TicksPerSecond));

    /// <summary>Memory that the process holds, MiB.</summary>
    public static double ResidentMebibytes(int pid)
    {
        var line = File.ReadLines($"/proc/{pid}/status").First(l => l.StartsWith("VmRSS:", StringComparison.Ordinal));
        return Number(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1]) / 1024;
    }

    /// <summary>The process's descendants.</summary>
    public static IReadOnlyList<int> ChildrenOf(int pid)
    {
        var parents = Directory.EnumerateDirectories("/proc")
            .Select(d => int.TryParse(Path.GetFileName(d), CultureInfo.InvariantCulture, out var id) ? id : 0)
            .Where(id => id > 0)
            .Select(id => (Id: id, Parent: Fields(id) is { } fields ? (int)Number(fields[ParentId]) : 0))
            .ToList();
        var found = new List<int>();
        for (var next = new Queue<int>([pid]); next.TryDequeue(out var parent);)
        {
            foreach (var child in parents.Where(p => p.Parent == parent).Select(p => p.Id))
            {
                found.Add(child);
                next.Enqueue(child);
            }
        }

        return found;
    }

    // The fields after the program's name, which stands in parentheses and may itself hold spaces.
    private static string[]? Fields(int pid)
    {
        try
        {
            var stat = File.ReadAllText($"/proc/{pid}/stat");
            return stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private static double Number(string text) => double.Parse(text, CultureInfo.InvariantCulture);
}
