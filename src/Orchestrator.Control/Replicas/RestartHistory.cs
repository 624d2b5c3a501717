namespace Orchestrator.Control.Replicas;

/// <summary>What is remembered of the dead replicas of one place (slot) of a version: how often in a row, and when last.</summary>
/// <param name="Failures">Failures in a row; a long Ready time between two breaks the row.</param>
/// <param name="LastFailureAt">On the reconciler's clock.</param>
/// <param name="Restarts">Replacements ever started in this place.</param>
internal readonly record struct RestartHistory(int Failures, TimeSpan LastFailureAt, int Restarts)
{
    /// <summary>Why the last one ended, for people.</summary>
    public string? LastReason { get; init; }

    /// <summary>When the next start may be tried: at once after the first failure, then 1, 2, 4, ... times the base after the last one.</summary>
    public TimeSpan NextAttempt(TimeSpan now, ControlOptions options)
    {
        if (Failures <= 1)
        {
            return now;
        }

        // 2^30 base intervals are beyond any cap; the bound keeps the shift defined.
        var doublings = Math.Min(Failures - 2, 30);
        var wait = Math.Min(options.BackOffMax.TotalSeconds, options.BackOff.TotalSeconds * (1L << doublings));
        var at = LastFailureAt + TimeSpan.FromSeconds(wait);
        return at > now ? at : now;
    }

    /// <summary>After one more failure of a replica that had been Ready for <paramref name="readyFor"/> (zero: never).</summary>
    public RestartHistory AfterFailure(TimeSpan now, TimeSpan readyFor, ControlOptions options) =>
        this with { Failures = readyFor >= options.CrashLoopReset ? 1 : Failures + 1, LastFailureAt = now };
}

/// <summary>What is remembered of the failures of a version since one of its replicas was Ready.</summary>
/// <param name="Failures">Replica failures.</param>
/// <param name="Refusals">Those among them that were an exit with code 2 or 3: the container says that it cannot work so.</param>
/// <param name="LastReason">Of the last one, for people.</param>
internal sealed record VersionHistory(int Failures, int Refusals, string LastReason);
