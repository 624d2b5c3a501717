namespace Orchestrator.Load.Sweeping;

/// <summary>Finds the highest rate of an open loop that meets an objective.</summary>
public static class RateSweep
{
    private const double LeastRate = 0.1;
    private const double MostRate = 1_000_000;

    /// <summary>Measures a closed loop, then one rate after the other until the highest is known to about 5 %, or <paramref name="mostRuns"/> are done.</summary>
    /// <param name="target">What each must reach.</param>
    /// <param name="mostRuns">At least 1, the closed loop not counted.</param>
    /// <param name="measureAsync">Makes one measurement at a rate; null: a closed loop.</param>
    /// <param name="stop">Cancelled: the sweep ends with what it has.</param>
    /// <returns>The closed loop first (<see cref="SweepPoint.Rate"/> null), then the rates in the order tried.</returns>
    public static async Task<IReadOnlyList<SweepPoint>> RunAsync(SloTarget target, int mostRuns, Func<double?, Task<LoadResult>> measureAsync, CancellationToken stop = default)
    {
        ArgumentNullException.ThrowIfNull(target);
        ArgumentNullException.ThrowIfNull(measureAsync);
        ArgumentOutOfRangeException.ThrowIfLessThan(mostRuns, 1);
        var closed = await measureAsync(null);
        var points = new List<SweepPoint> { new(null, closed, target.Judge(closed)) };
        // Refusals are quick: what counts is what the model answered.
        var capacity = closed.Counts.Model / Math.Max(1e-3, closed.Elapsed.TotalSeconds);
        var tried = new List<(double Rate, bool Met)>();
        while (capacity > 0 && tried.Count < mostRuns && !stop.IsCancellationRequested && RateSearch.Next(capacity, tried) is { } rate and >= LeastRate and <= MostRate)
        {
            var result = await measureAsync(rate);
            points.Add(new SweepPoint(rate, result, target.Judge(result)));
            // What could not be offered bounds the search like what was missed: a higher rate could not be offered either.
            tried.Add((rate, points[^1].Met));
        }

        return points;
    }

    /// <summary>Whether the generator is why no rate above <paramref name="highest"/> was found: the server may do more.</summary>
    public static bool IsBoundByGenerator(IReadOnlyList<SweepPoint> points, double? highest) =>
        points.Where(p => p is { Rate: { } rate, Met: false } && rate > (highest ?? 0)).MinBy(p => p.Rate) is { Verdict: SweepVerdict.NotOffered };

    /// <summary>The highest rate that met the objective; null: none did.</summary>
    public static double? Highest(IReadOnlyList<SweepPoint> points) => points.Where(p => p.Met).Max(p => p.Rate);
}

/// <summary>One measurement of a sweep.</summary>
/// <param name="Rate">Requests a second; null: a closed loop.</param>
/// <param name="Result">What happened.</param>
/// <param name="Verdict">Whether it reached the objective.</param>
public sealed record SweepPoint(double? Rate, LoadResult Result, SweepVerdict Verdict)
{
    /// <summary>Whether it reached the objective.</summary>
    public bool Met => Verdict == SweepVerdict.Met;
}

/// <summary>What a measurement says of an objective.</summary>
public enum SweepVerdict
{
    /// <summary>It was reached.</summary>
    Met,

    /// <summary>The server did not reach it.</summary>
    Missed,

    /// <summary>Nothing: the load generator fell behind although connections were free, and without its delay it would have been reached.</summary>
    NotOffered,
}
