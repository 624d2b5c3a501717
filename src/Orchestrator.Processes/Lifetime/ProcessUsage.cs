using System.Globalization;
using System.Text;
using Orchestrator.Core.Runtime;

namespace Orchestrator.Processes.Lifetime;

/// <summary>What containers use, from one look at <c>/proc</c>.</summary>
internal static class ProcessUsage
{
    // sysconf(_SC_CLK_TCK) is 100 on every Linux that .NET runs on.
    private const int TicksPerSecond = 100;

    // Fields of /proc/PID/stat behind the name, which may hold spaces and brackets.
    private const int State = 0;
    private const int Session = 3;
    private const int FirstTime = 11;
    private const int Times = 4;
    private const int ResidentPages = 21;

    /// <summary>
    /// For each session its processor time (also of children that ended) and its resident memory, of all its processes together: pages that several of them share count for each.
    /// Sessions without a process are not in it.
    /// </summary>
    public static Dictionary<int, ContainerUsage> Read(IReadOnlySet<int> sessions)
    {
        var found = new Dictionary<int, ContainerUsage>();
        if (sessions.Count == 0)
        {
            return found;
        }

        foreach (var folder in Directory.EnumerateDirectories("/proc").Where(f => char.IsAsciiDigit(f[^1])))
        {
            if (Parse(ReadStat(folder)) is var (session, usage) && sessions.Contains(session))
            {
                var before = found.GetValueOrDefault(session) ?? new ContainerUsage(TimeSpan.Zero, 0, null);
                found[session] = new ContainerUsage(before.CpuTime + usage.CpuTime, before.MemoryBytes + usage.MemoryBytes, null);
            }
        }

        return found;
    }

    /// <summary>Reads a line of <c>/proc/PID/stat</c>; null: it is none.</summary>
    internal static (int Session, ContainerUsage Usage)? Parse(string stat)
    {
        var fields = stat[(stat.LastIndexOf(')') + 1)..].Split(' ', StringSplitOptions.RemoveEmptyEntries);
        if (fields.Length <= ResidentPages)
        {
            return null;
        }

        // A zombie's time is handed to its parent once that collects it, and then counted there.
        var ticks = fields.AsSpan(FirstTime, Times).ToArray().Sum(f => long.Parse(f, CultureInfo.InvariantCulture));
        var pages = fields[State] is "Z" or "X" ? 0 : long.Parse(fields[ResidentPages], CultureInfo.InvariantCulture);
        return (int.Parse(fields[Session], CultureInfo.InvariantCulture), new ContainerUsage(TimeSpan.FromSeconds((double)ticks / TicksPerSecond), pages * Environment.SystemPageSize, null));
    }

    private static string ReadStat(string folder)
    {
        try
        {
            return Encoding.UTF8.GetString(File.ReadAllBytes($"{folder}/stat"));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // It ended meanwhile.
            return "";
        }
    }
}
