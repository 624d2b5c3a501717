using System.Runtime.InteropServices;

namespace Orchestrator.Processes;

/// <summary>Every call into libc of this project.</summary>
internal static partial class Native
{
    public const int Sigkill = 9;
    public const int Sigterm = 15;

    private const int NotPermitted = 1;
    private const int NoSuchProcess = 3;

    /// <summary>Sends a signal; a negative id names a process group.</summary>
    /// <returns>False: there is no such process (any more), or it has become another user's.</returns>
    public static bool Signal(int pid, int signal)
    {
        // 0, 1 and -1 would hit our own group, init or everything: never what is meant here.
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(Math.Abs(pid), 1, nameof(pid));
        if (Kill(pid, signal) == 0)
        {
            return true;
        }

        var error = Marshal.GetLastPInvokeError();
        return error is NoSuchProcess or NotPermitted ? false : throw new InvalidOperationException($"kill({pid}, {signal}): {Marshal.GetPInvokeErrorMessage(error)}");
    }

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static partial int Kill(int pid, int signal);
}
