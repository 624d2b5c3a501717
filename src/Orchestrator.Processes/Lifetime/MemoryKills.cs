using System.Globalization;

namespace Orchestrator.Processes.Lifetime;

/// <summary>How often the kernel has killed a process for lack of memory, since it booted.</summary>
internal static class MemoryKills
{
    private const string Key = "oom_kill ";

    /// <summary>Null: this kernel does not say.</summary>
    public static long? Count()
    {
        try
        {
            var line = File.ReadLines("/proc/vmstat").FirstOrDefault(l => l.StartsWith(Key, StringComparison.Ordinal));
            return line is null ? null : long.Parse(line.AsSpan(Key.Length), CultureInfo.InvariantCulture);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
