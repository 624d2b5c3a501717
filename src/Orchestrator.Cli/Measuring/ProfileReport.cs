using System.Globalization;
using System.Text.Json;
using Orchestrator.Load.Profiling;
using Formats = Orchestrator.Cli.Output.Sizes;

namespace Orchestrator.Cli.Measuring;

/// <summary>Result of <c>orch profile</c>, as JSON; times in microseconds.</summary>
/// <param name="Model">Its name.</param>
/// <param name="Version">Its version.</param>
/// <param name="Url">What was called.</param>
/// <param name="SloMs">Milliseconds; null: none is known.</param>
/// <param name="LimitWithinSlo">Largest size whose 99th percentile fits the objective; 0: none does.</param>
/// <param name="LimitWithinHalf">Largest size of which two fit one after the other, as a request needs that arrives just after a batch has left.</param>
/// <param name="BaseUs">What a batch costs: least squares over the medians.</param>
/// <param name="PerRowUs">What each row adds.</param>
/// <param name="Sizes">What was measured.</param>
internal sealed record ProfileReport(
    string Model, string Version, string Url, double? SloMs, int? LimitWithinSlo, int? LimitWithinHalf, double BaseUs, double PerRowUs, IReadOnlyList<ProfileSize> Sizes)
{
    /// <summary>What the objective allows, in words; null: none is known.</summary>
    public string? Verdict()
    {
        if (SloMs is not { } slo)
        {
            return null;
        }

        if (LimitWithinSlo is not > 0)
        {
            var least = Sizes.MinBy(s => s.Rows);
            return Text($"no size meets {slo:0.###} ms at p99{(least is null ? "" : $": {(least.Rows == 1 ? "one row" : Text($"{least.Rows} rows"))} already takes {Formats.Format(TimeSpan.FromMicroseconds(least.P99Us))}")}");
        }

        var half = LimitWithinHalf is > 0 and var rows ? Text($"{rows} if a request must also wait for the batch before its own") : "if a request must also wait for the batch before its own, not even one row fits";
        return Text($"SLO {slo:0.###} ms: at most {LimitWithinSlo} {(LimitWithinSlo == 1 ? "row" : "rows")} a batch; {half}");
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    public string ToJson() => JsonSerializer.Serialize(this, BenchJson.Readable.ProfileReport);
}

/// <summary>One size.</summary>
internal sealed record ProfileSize(int Rows, long Samples, double RowsPerSecond, double P50Us, double P95Us, double P99Us)
{
    public static ProfileSize Of(ProfiledBatch batch) =>
        new(batch.Rows, batch.Samples, batch.RowsPerSecond, batch.P50.TotalMicroseconds, batch.P95.TotalMicroseconds, batch.P99.TotalMicroseconds);
}
