using System.Runtime.InteropServices;

namespace Orchestrator.Cli.Hosting;

/// <summary>Every call into libc of this project.</summary>
internal static partial class Native
{
    private const int Sigterm = 15;

    /// <summary>Asks a process to end; one that ended already is no error.</summary>
    public static void Terminate(int pid)
    {
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(pid, 1);
        _ = Kill(pid, Sigterm);
    }

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int Kill(int pid, int signal);
}
