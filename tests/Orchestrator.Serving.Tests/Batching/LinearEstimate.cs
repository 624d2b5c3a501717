using Orchestrator.Serving.Profiling;

namespace Orchestrator.Serving.Tests.Batching;

/// <summary>A profile that knows everything: a fixed part and a part per row at the median, a share more at the high quantile.</summary>
internal sealed record LinearEstimate(double FixedMs, double PerRowMs, double HighShare = 0.2, double SlackMs = 1) : ILatencyEstimate
{
    public int LargestRows { get; init; } = 1024;

    public int BucketsMeasured { get; init; } = 10;

    public TimeSpan Fastest(int rows) => Typical(rows) * 0.9;

    public TimeSpan Slack => TimeSpan.FromMilliseconds(SlackMs);

    public TimeSpan Typical(int rows) => TimeSpan.FromMilliseconds(FixedMs + (PerRowMs * rows));

    public TimeSpan Estimate(int rows) => Typical(rows) * (1 + HighShare);

    public int LargestRowsWithin(TimeSpan budget, int maxRows) => Math.Max(1, Enumerable.Range(1, maxRows).LastOrDefault(rows => Estimate(rows) <= budget));
}

/// <summary>Deadlines as a test lists them, milliseconds from now.</summary>
internal sealed class ListedOrder(params double[] slacks) : Orchestrator.Serving.Batching.IDeadlineOrder
{
    public int Count => slacks.Length;

    public TimeSpan SlackAt(int index) => TimeSpan.FromMilliseconds(slacks[index]);
}
