using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using Orchestrator.Load;
using Orchestrator.Load.Sweeping;

namespace Orchestrator.Cli.Measuring;

/// <summary>Result of <c>orch bench</c>, as JSON.</summary>
/// <param name="Url">What was asked.</param>
/// <param name="SloMs">Milliseconds; null: none is known, and every answer counts as in time.</param>
/// <param name="Percentile">Share of all requests that must be in time.</param>
/// <param name="Points">What was measured, in order.</param>
/// <param name="HighestRate">Of a sweep: the highest rate that met the objective; null: none did, or it was no sweep.</param>
internal sealed record BenchReport(string Url, double? SloMs, double Percentile, IReadOnlyList<BenchPoint> Points, double? HighestRate)
{
    public string ToJson() => JsonSerializer.Serialize(this, BenchJson.Readable.BenchReport);
}

/// <summary>One load.</summary>
/// <param name="Mode"><c>closed</c>, <c>poisson</c> or <c>constant</c>.</param>
/// <param name="Connections">Kept open.</param>
/// <param name="Rate">Requests a second offered; null for a closed loop.</param>
/// <param name="Seconds">Counted time.</param>
/// <param name="Requests">All of them.</param>
/// <param name="PerSecond">Answers of any kind per second.</param>
/// <param name="InTimePerSecond">Answers of the model in time per second; right ones, if answers were checked.</param>
/// <param name="InTimeShare">Of all requests, 0 to 1.</param>
/// <param name="Met">Whether the objective is known to be met; false: it was not, or it is not known, or there is none (<paramref name="Verdict"/>).</param>
/// <param name="Verdict"><c>met</c>, <c>missed</c>, <c>notOffered</c> (the load generator fell behind, which says nothing of the server) or <c>noObjective</c>.</param>
/// <param name="Answers">Requests by how they ended, without those that did not occur.</param>
/// <param name="DefaultExplanations">Default answers by why they are that; left out: there was none.</param>
/// <param name="FromCache">Share of the look-ups in the prediction cache, 0 to 1, that did not go to the model, warm-up included; null: unknown.</param>
/// <param name="ModelMs">Latency of the model's answers; of the right ones, if they were checked.</param>
/// <param name="AllMs">Latency of everything that was answered, and the wait of what could not be sent.</param>
internal sealed record BenchPoint(
    string Mode, int Connections, double? Rate, double Seconds, long Requests, double PerSecond, double InTimePerSecond, double InTimeShare, bool Met, string Verdict,
    IReadOnlyDictionary<string, long> Answers, [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] IReadOnlyDictionary<string, long>? DefaultExplanations, double? FromCache, BenchLatency ModelMs, BenchLatency AllMs)
{
    public static BenchPoint Of(LoadPlan plan, SweepPoint point, Measurement measurement, bool hasSlo)
    {
        var result = point.Result;
        return new BenchPoint(
            point.Rate is null ? "closed" : plan.Arrivals == ArrivalPattern.Constant ? "constant" : "poisson",
            measurement.Connections,
            point.Rate,
            result.Elapsed.TotalSeconds,
            result.Counts.Total,
            result.PerSecond,
            result.InTimePerSecond,
            result.Counts.Total == 0 ? 0 : (double)result.InTime / result.Counts.Total,
            hasSlo && point.Met,
            hasSlo ? JsonNamingPolicy.CamelCase.ConvertName(point.Verdict.ToString()) : "noObjective",
            Enum.GetValues<AnswerClass>().Where(c => result.Counts[c] > 0).ToDictionary(c => JsonNamingPolicy.CamelCase.ConvertName(c.ToString()), c => result.Counts[c]),
            result.DefaultExplanations.Count == 0 ? null : result.DefaultExplanations.ToDictionary(d => d.Explanation, d => d.Count),
            measurement.Cache?.Share,
            BenchLatency.Of(result.ModelLatency),
            BenchLatency.Of(result.Latency));
    }
}

/// <summary>Milliseconds.</summary>
internal sealed record BenchLatency(double Mean, double P50, double P90, double P95, double P99, double P999, double Max)
{
    public static BenchLatency Of(LatencyHistogram latency) => new(
        latency.Mean.TotalMilliseconds, latency.P50.TotalMilliseconds, latency.P90.TotalMilliseconds, latency.P95.TotalMilliseconds, latency.P99.TotalMilliseconds, latency.P999.TotalMilliseconds,
        latency.Max.TotalMilliseconds);
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(BenchReport))]
[JsonSerializable(typeof(ProfileReport))]
internal sealed partial class BenchJson : JsonSerializerContext
{
    public static BenchJson Readable { get; } = new(new JsonSerializerOptions(JsonSerializerDefaults.Web) { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });
}
