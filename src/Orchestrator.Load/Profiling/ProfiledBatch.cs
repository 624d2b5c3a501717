namespace Orchestrator.Load.Profiling;

/// <summary>What batches of one size took.</summary>
/// <param name="Rows">The size.</param>
/// <param name="Samples">Batches measured.</param>
/// <param name="RowsPerSecond">When one batch follows the other.</param>
/// <param name="P50">Median from sending to the last byte of the answer.</param>
/// <param name="P95">95th percentile.</param>
/// <param name="P99">99th percentile.</param>
public sealed record ProfiledBatch(int Rows, long Samples, double RowsPerSecond, TimeSpan P50, TimeSpan P95, TimeSpan P99);
