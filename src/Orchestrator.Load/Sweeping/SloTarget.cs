namespace Orchestrator.Load.Sweeping;

/// <summary>What a load must reach: a share of all requests with an answer of the model in time.</summary>
/// <param name="Latency">In time is at most this.</param>
/// <param name="Percentile">The share, 0 to 100.</param>
public sealed record SloTarget(TimeSpan Latency, double Percentile)
{
    /// <summary>Refused, failed, default and unsent ones count as missed: a server that answers few of them quickly has not met it.</summary>
    public bool IsMetBy(LoadResult result)
    {
        ArgumentNullException.ThrowIfNull(result);
        return result.Counts.Total > 0 && IsEnough(result.InTime, result.Counts.Total);
    }

    /// <summary>
    /// The same, without blaming the server for what the generator was late with, or did not send, although a connection was free. Where all connections were waiting for answers the
    /// server was too slow for the rate, or they were too few: that is missed.
    /// </summary>
    public SweepVerdict Judge(LoadResult result)
    {
        ArgumentNullException.ThrowIfNull(result);
        if (IsMetBy(result))
        {
            return SweepVerdict.Met;
        }

        return result.Counts.Total > 0 && IsEnough(result.InTimeLessOwnDelay, result.Counts.Total - result.UnsentWhileIdle) ? SweepVerdict.NotOffered : SweepVerdict.Missed;
    }

    private bool IsEnough(long inTime, long requests) => inTime >= requests * (Percentile / 100);
}
