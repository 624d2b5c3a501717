namespace Orchestrator.Load.Profiling;

/// <summary>The batch size that an objective implies. Pure.</summary>
public static class SizeLimit
{
    /// <summary>The largest measured size, all smaller ones included, whose 99th percentile is at most <paramref name="budget"/>; 0: not even the smallest is.</summary>
    public static int Within(IReadOnlyList<ProfiledBatch> sizes, TimeSpan budget) =>
        sizes.OrderBy(s => s.Rows).TakeWhile(s => s.P99 <= budget).Select(s => s.Rows).LastOrDefault();

    /// <summary>The least squares line through the medians: what a batch costs, and what each of its rows adds.</summary>
    public static (TimeSpan Base, TimeSpan PerRow) Line(IReadOnlyList<ProfiledBatch> sizes)
    {
        ArgumentNullException.ThrowIfNull(sizes);
        var (meanRows, meanTime) = (sizes.Average(s => (double)s.Rows), sizes.Average(s => s.P50.TotalMicroseconds));
        var spread = sizes.Sum(s => (s.Rows - meanRows) * (s.Rows - meanRows));
        var slope = spread == 0 ? 0 : sizes.Sum(s => (s.Rows - meanRows) * (s.P50.TotalMicroseconds - meanTime)) / spread;
        return (TimeSpan.FromMicroseconds(Math.Max(0, meanTime - (slope * meanRows))), TimeSpan.FromMicroseconds(Math.Max(0, slope)));
    }
}
