namespace Orchestrator.Cli;

/// <summary>What <c>orch</c> ends with; part of its interface, so a script can tell the cases apart.</summary>
internal static class ExitCodes
{
    /// <summary>Done.</summary>
    public const int Ok = 0;

    /// <summary>Refused or failed: a rollout that fails, an unknown name, a conflict.</summary>
    public const int Failed = 1;

    /// <summary>The command line or the spec is wrong; nothing was done.</summary>
    public const int Invalid = 2;

    /// <summary>The orchestrator does not answer.</summary>
    public const int Unreachable = 3;

    /// <summary>What was waited for did not come in time; it may still come.</summary>
    public const int TimedOut = 4;

    /// <summary>Ended by Ctrl-C or SIGTERM before it was done.</summary>
    public const int Interrupted = 130;

    /// <summary>For <c>--help</c>.</summary>
    public const string Explained = "Exit codes: 0 ok, 1 failed, 2 wrong usage or spec, 3 orchestrator not reachable, 4 timed out waiting, 130 interrupted.";
}
