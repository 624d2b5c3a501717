using Orchestrator.Core.Cluster;

namespace Orchestrator.Control.Probing;

/// <summary>Which batches warm-up runs.</summary>
internal static class WarmUpSizes
{
    /// <summary>1, 1, 2, 4, ... rows, as far as the batching policy, the container and the options let batches grow.</summary>
    public static IEnumerable<int> Of(ReplicaContract contract, BatchingSpec batching, ControlOptions options)
    {
        var bytes = Math.Max(1, SyntheticRequest.RowBytes(contract.Signature));
        var most = Math.Min(Math.Min(batching.MaxSize, contract.MaxBatchSize ?? int.MaxValue), options.WarmUpMaxRows);
        most = (int)Math.Max(1, Math.Min(most, batching.MaxBytes / bytes));
        yield return 1;
        for (var rows = 1; rows <= most; rows *= 2)
        {
            yield return rows;
        }
    }
}
