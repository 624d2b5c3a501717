namespace Orchestrator.Core.Runtime;

/// <summary>Says for people how a process ended.</summary>
public static class ExitText
{
    /// <summary>Exit codes above it are this and the number of a signal.</summary>
    public const int SignalOffset = 128;

    private static readonly string?[] Signals =
    [
        null, "SIGHUP", "SIGINT", "SIGQUIT", "SIGILL", "SIGTRAP", "SIGABRT", "SIGBUS", "SIGFPE", "SIGKILL", "SIGUSR1", "SIGSEGV", "SIGUSR2", "SIGPIPE", "SIGALRM", "SIGTERM",
        "SIGSTKFLT", "SIGCHLD", "SIGCONT", "SIGSTOP", "SIGTSTP", "SIGTTIN", "SIGTTOU", "SIGURG", "SIGXCPU", "SIGXFSZ", "SIGVTALRM", "SIGPROF", "SIGWINCH", "SIGIO", "SIGPWR", "SIGSYS",
    ];

    /// <summary><c>exited with code 3</c>, <c>killed by signal 9 (SIGKILL)</c>.</summary>
    public static string Of(int exitCode)
    {
        var signal = exitCode - SignalOffset;
        return signal > 0 && signal < Signals.Length ? $"killed by signal {signal} ({Signals[signal]})" : $"exited with code {exitCode}";
    }
}
