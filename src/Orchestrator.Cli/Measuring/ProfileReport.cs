using System.Text.Json;
using Orchestrator.Load.Profiling;

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
    public string ToJson() => JsonSerializer.Serialize(this, BenchJson.Readable.ProfileReport);
}

/// <summary>One size.</summary>
internal sealed record ProfileSize(int Rows, long Samples, double RowsPerSecond, double P50Us, double P95Us, double P99Us)
{
    public static ProfileSize Of(ProfiledBatch batch) =>
        new(batch.Rows, batch.Samples, batch.RowsPerSecond, batch.P50.TotalMicroseconds, batch.P95.TotalMicroseconds, batch.P99.TotalMicroseconds);
}
