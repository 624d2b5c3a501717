namespace Orchestrator.Serving.Profiling;

/// <summary>What a policy may ask of a latency profile.</summary>
public interface ILatencyEstimate
{
    /// <summary>Largest batch seen, rows; 0 before the first.</summary>
    int LargestRows { get; }

    /// <summary>Size buckets with samples.</summary>
    int BucketsMeasured { get; }

    /// <summary>A high quantile of the duration of a batch of that many rows; zero when nothing was measured.</summary>
    TimeSpan Estimate(int rows);

    /// <summary>The shortest recent duration of a batch of about that many rows; zero when too few were measured.</summary>
    TimeSpan Fastest(int rows);

    /// <summary>What a request needs beyond its batch's estimate: answering it, and errors of the estimate.</summary>
    TimeSpan Slack { get; }

    /// <summary>The median duration of a batch of that many rows; zero when nothing was measured.</summary>
    TimeSpan Typical(int rows);

    /// <summary>The most rows, between 1 and <paramref name="maxRows"/>, whose estimate is within <paramref name="budget"/>; 1 if none is.</summary>
    int LargestRowsWithin(TimeSpan budget, int maxRows);
}
