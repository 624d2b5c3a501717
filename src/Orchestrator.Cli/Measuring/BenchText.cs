using System.Globalization;
using Orchestrator.Cli.Output;
using Orchestrator.Load;
using Orchestrator.Load.Sweeping;

namespace Orchestrator.Cli.Measuring;

/// <summary>Result of <c>orch bench</c> for people: a table, and below it what must be known to read it rightly. Pure.</summary>
/// <param name="points">What was measured.</param>
/// <param name="measurements">What else is known of each.</param>
/// <param name="target">What is to be reached; null: nothing is known.</param>
internal sealed class BenchText(IReadOnlyList<SweepPoint> points, IReadOnlyList<Measurement> measurements, SloTarget? target)
{
    // Where the cache gives every second answer, the latencies are more its own than the model's.
    private const double Mostly = 0.5;

    /// <summary>How many different inputs could be made up; null: they were given.</summary>
    public long? MadeInputs { get; init; }

    public TextTable Table()
    {
        var table = new TextTable("offered/s", "in time/s", "in time", "mean", "p50", "p90", "p95", "p99", "p99.9", "max", "cached", "answers");
        foreach (var (i, (rate, result, verdict)) in points.Index())
        {
            var latency = result.ModelLatency;
            var share = result.Counts.Total == 0 ? 0 : (double)result.InTime / result.Counts.Total;
            var tone = target is null ? CellTone.Plain : verdict switch { SweepVerdict.Met => CellTone.Good, SweepVerdict.Missed => CellTone.Bad, _ => CellTone.Plain };
            table.Add(
                Name(rate), Text($"{result.InTimePerSecond:0.#}"), new Cell(Text($"{share:0.##%}"), tone),
                Sizes.Format(latency.Mean), Sizes.Format(latency.P50), Sizes.Format(latency.P90), Sizes.Format(latency.P95), Sizes.Format(latency.P99), Sizes.Format(latency.P999), Sizes.Format(latency.Max),
                measurements[i].Cache is { } cache ? Text($"{cache.Share:0.#%}") : "?", result.Counts.ToString());
        }

        return table;
    }

    public IEnumerable<string> Remarks() =>
        [Cached(), .. Repeated(), .. points.Where(p => p.Result.Counts.Default > 0).SelectMany(Defaults), .. points.Zip(measurements).SelectMany(p => Behind(p.First, p.Second.Connections)),
            .. target is not null && points.Count > 1 ? [Highest(target)] : Array.Empty<string>()];

    private string Cached()
    {
        var known = measurements.Where(m => m.Cache is not null).ToArray();
        if (known.Length == 0)
        {
            return "how many answers came from the prediction cache is not known: the metrics of this admin address do not count these requests, or those of other clients as well";
        }

        var use = known.Aggregate(default(CacheUse), (sum, m) => sum + m.Cache!.Value);
        var sent = known.Sum(m => m.Sent);
        var part = use.Predictions < sent * (1 - CacheUse.Tolerance) ? Text($"; the metrics of this admin address count {use.Predictions} of {sent} requests") : "";
        var unknown = known.Length < measurements.Count ? Text($"; not known of {measurements.Count - known.Length} of {measurements.Count} measurements") : "";
        return use.LookUps == 0
            ? $"the prediction cache was not asked: no answer came from it{part}{unknown}"
            : Text($"from the prediction cache: {use.Share:0.#%} ({use.FromCache} of {use.LookUps} look-ups, warm-up included{part}{unknown}){(use.Share >= Mostly ? "; this measured mostly the cache, not the model" : "")}");
    }

    private IEnumerable<string> Repeated()
    {
        var sent = measurements.Sum(m => m.Sent);
        if (MadeInputs < sent)
        {
            yield return Text($"only {MadeInputs} different inputs could be made up for this signature, so {sent} requests repeated them, which a cache answers; the model's cache: enabled: false measures the model");
        }
    }

    private static IEnumerable<string> Defaults(SweepPoint point) => point.Result.DefaultExplanations.Select(d => Text($"{Of(point)}: default {d.Count}: {d.Explanation}"));

    private IEnumerable<string> Behind(SweepPoint point, int connections)
    {
        var idle = point.Result.UnsentWhileIdle;
        if (point.Result.Counts[AnswerClass.Unsent] - idle is > 0 and var waiting)
        {
            var who = connections == 1 ? "the one connection was" : Text($"all {connections} connections were");
            yield return Text($"{Of(point)}: {waiting} requests were due but not sent, for {who} waiting for answers: the server's rate is reached, or more connections are needed (-c)");
        }

        if (idle > 0 || (target is not null && point.Verdict == SweepVerdict.NotOffered))
        {
            var what = idle > 0 ? Text($"{idle} requests were due but not sent") : "requests were sent too late";
            yield return Text($"{Of(point)}: {what} although connections were free: the load generator fell behind its own schedule, which says nothing about the orchestrator (processors with less else to do may help)");
        }
    }

    private string Highest(SloTarget wanted)
    {
        var what = Text($"{wanted.Percentile:0.###} % of the requests answered by the model within {Sizes.Format(wanted.Latency)}");
        var highest = RateSweep.Highest(points);
        var bound = RateSweep.IsBoundByGenerator(points, highest) ? "; the load generator could not offer more, the orchestrator may do more" : "";
        return highest is { } rate ? Text($"highest rate with {what}: {rate:0.#}/s{bound}") : Text($"no rate was found with {what}{bound}");
    }

    private static string Of(SweepPoint point) => point.Rate is null ? Name(null) : $"{Name(point.Rate)}/s";

    private static string Name(double? rate) => rate is { } r ? Text($"{r:0.#}") : "closed loop";

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
