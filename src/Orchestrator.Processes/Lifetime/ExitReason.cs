using Orchestrator.Core.Runtime;

namespace Orchestrator.Processes.Lifetime;

/// <summary>Says for people why a process ended.</summary>
internal static class ExitReason
{
    /// <summary>The line a .NET process ends with when it cannot reserve its heap at start; seen on saturated machines with memory free, and gone at the next start.</summary>
    private const string StartUpHiccup = "Out of memory.";

    /// <summary>How it ended; what the container itself said of it is in its lines, and put beside this by whoever shows it.</summary>
    /// <param name="exitCode">128 + signal for a signal.</param>
    /// <param name="lastLines">Its last log lines.</param>
    /// <param name="killedForMemory">Whether the kernel's out-of-memory killer struck while it ran.</param>
    public static string For(int exitCode, IReadOnlyList<string> lastLines, bool killedForMemory)
    {
        var end = ExitText.Of(exitCode);
        if (exitCode == ExitText.SignalOffset + Native.Sigkill && killedForMemory)
        {
            return $"out of memory: {end}, and the kernel ended processes for lack of memory meanwhile";
        }

        return lastLines is [StartUpHiccup] ? $"{end} with the single line '{StartUpHiccup}'; the next start usually works" : end;
    }
}
