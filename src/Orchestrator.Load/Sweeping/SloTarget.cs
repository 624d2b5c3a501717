namespace Orchestrator.Load.Sweeping;

/// <summary>What a load must reach: a share of all requests with a right answer of the model in time.</summary>
/// <param name="Latency">In time is at most this.</param>
/// <param name="Percentile">The share, 0 to 100.</param>
public sealed record SloTarget(TimeSpan Latency, double Percentile)
{
    /// <summary>Refused, failed, default and unsent ones count as missed: a server that answers few of them quickly has not met it.</summary>
    public bool IsMetBy(LoadResult result)
    {
        ArgumentNullException.ThrowIfNull(result);
        return result.Counts.Total > 0 && result.InTime >= result.Counts.Total * (Percentile / 100);
    }
}
