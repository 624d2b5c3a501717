using System.Globalization;

namespace Orchestrator.Load;

/// <summary>What a load did: how its requests ended, how long they took, and when.</summary>
public sealed class LoadResult
{
    /// <summary>The <see cref="TimeProvider.GetTimestamp"/> of the provider that the load ran with, at its start: offsets below count from it.</summary>
    public required long StartTimestamp { get; init; }

    /// <summary>From the end of the warm-up to the last answer: what <see cref="PerSecond"/> divides by.</summary>
    public required TimeSpan Elapsed { get; init; }

    /// <summary>True when it was cancelled before its plan was done.</summary>
    public required bool Cancelled { get; init; }

    /// <summary>Requests by how they ended, without the warm-up.</summary>
    public required AnswerCounts Counts { get; init; }

    /// <summary>Model answers within <see cref="LoadPlan.Slo"/>; all model answers when the plan has none.</summary>
    public required long InTime { get; init; }

    /// <summary>
    /// Model answers that are in time once the generator's own delay is taken off: what passed before the sending although the request was due and its connection free. The wait for a
    /// connection stays in: it waited for an answer, so a server that stalls does not look better here. In a closed loop the same as <see cref="InTime"/>.
    /// </summary>
    public long InTimeLessOwnDelay { get; init; }

    /// <summary>Of the unsent ones: those whose connection was free when they were due, so that the generator is to blame and not the server.</summary>
    public long UnsentWhileIdle { get; init; }

    /// <summary>Default answers by their <c>default_explanation</c>, the most frequent first.</summary>
    public IReadOnlyList<(string Explanation, long Count)> DefaultExplanations { get; init; } = [];

    /// <summary>Latencies of the model answers.</summary>
    public required LatencyHistogram ModelLatency { get; init; }

    /// <summary>Latencies of the refusals: 429, 503 and 504.</summary>
    public required LatencyHistogram RefusalLatency { get; init; }

    /// <summary>
    /// Latencies of all requests that were answered, whatever the answer. In an open loop those that could not be sent before the end are in here with the time
    /// they had waited until then: leaving them out would make an overloaded server look fast.
    /// </summary>
    public required LatencyHistogram Latency { get; init; }

    /// <summary>Every request, the warm-up's too, by when it ended; rows are <see cref="LoadPlan.Interval"/> apart, without gaps.</summary>
    public required IReadOnlyList<LoadInterval> Series { get; init; }

    /// <summary>Texts of the first requests (at most 10) that ended otherwise than with a model answer or a default.</summary>
    public required IReadOnlyList<string> Problems { get; init; }

    /// <summary>Model answers in time per second.</summary>
    public double InTimePerSecond => Elapsed > TimeSpan.Zero ? InTime / Elapsed.TotalSeconds : 0;

    /// <summary>Answered requests (any status) per second.</summary>
    public double PerSecond =>
        Elapsed > TimeSpan.Zero ? (Counts.Total - Counts.ConnectionErrors - Counts[AnswerClass.Unsent]) / Elapsed.TotalSeconds : 0;

    /// <summary>Counts of the intervals that overlap [<paramref name="from"/>, <paramref name="to"/>), offsets from the start.</summary>
    public AnswerCounts Between(TimeSpan from, TimeSpan to) => Sum(i => i.End > from && i.Start < to);

    /// <summary>Counts of the intervals that do not overlap [<paramref name="from"/>, <paramref name="to"/>), offsets from the start.</summary>
    public AnswerCounts Outside(TimeSpan from, TimeSpan to) => Sum(i => i.End <= from || i.Start >= to);

    /// <summary>Where a <see cref="TimeProvider.GetTimestamp"/> of the same provider lies, as an offset from the start.</summary>
    public TimeSpan OffsetOf(TimeProvider time, long timestamp) => time.GetElapsedTime(StartTimestamp, timestamp);

    /// <summary>A few words for a log or a test's message.</summary>
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"{Counts.Total} requests in {Elapsed.TotalSeconds:F1} s ({Counts}); in time {InTime}; all ms p50 {Latency.P50.TotalMilliseconds:F2} p99 {Latency.P99.TotalMilliseconds:F2} max {Latency.Max.TotalMilliseconds:F2}{(Problems.Count == 0 ? "" : "; first: " + Problems[0])}");

    private AnswerCounts Sum(Func<LoadInterval, bool> chosen)
    {
        var sum = default(AnswerCounts);
        foreach (var interval in Series.Where(chosen))
        {
            sum += interval.Counts;
        }

        return sum;
    }
}

/// <summary>How the requests ended that ended in one interval.</summary>
/// <param name="Start">Offset from the start of the load.</param>
/// <param name="End">Offset from the start of the load, exclusive.</param>
/// <param name="Counts">By class.</param>
public sealed record LoadInterval(TimeSpan Start, TimeSpan End, AnswerCounts Counts);
