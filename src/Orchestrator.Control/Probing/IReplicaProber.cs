using Orchestrator.Core;
using Orchestrator.Core.Cluster;
using Orchestrator.Core.Runtime;
using Orchestrator.Core.Serving;

namespace Orchestrator.Control.Probing;

/// <summary>Asks a container what it is and whether it works, over the container contract.</summary>
internal interface IReplicaProber
{
    /// <summary>Opens connections to one container; the caller disposes.</summary>
    IProbeSession Open(ContainerAddress address);
}

/// <summary>Questions to one container. Not for concurrent use.</summary>
internal interface IProbeSession : IDisposable
{
    /// <summary>Waits until it is ready, at most <paramref name="budget"/>, then reads its contract and signature.</summary>
    Task<ProbeOutcome> ProbeAsync(ModelVersionId id, TimeSpan budget, CancellationToken cancellationToken);

    /// <summary>Runs real batches through it, growing in size; a single call may take at most <paramref name="budget"/>.</summary>
    Task<WarmUpOutcome> WarmUpAsync(ModelVersionId id, ReplicaContract contract, BatchingSpec batching, TimeSpan budget, CancellationToken cancellationToken);

    /// <summary>Asks a Ready replica whether it still is.</summary>
    /// <returns>Null if it is; otherwise what it answered instead, for people.</returns>
    Task<string?> CheckAsync(CancellationToken cancellationToken);
}

/// <summary>What a container said of itself.</summary>
/// <param name="Signature">Inputs and outputs.</param>
/// <param name="BinaryTensors">Whether it takes raw tensors.</param>
/// <param name="Concurrency">Batches it computes at the same time; null: it did not say.</param>
/// <param name="MaxBatchSize">Most rows; null: no limit of its own.</param>
internal sealed record ReplicaContract(ModelSignature Signature, bool BinaryTensors, int? Concurrency, int? MaxBatchSize);

/// <summary>How probing ended: a contract, or why there is none.</summary>
internal sealed record ProbeOutcome(ReplicaContract? Contract, string? Failure)
{
    public static ProbeOutcome Usable(ReplicaContract contract) => new(contract, null);

    public static ProbeOutcome Unusable(string why) => new(null, why);
}

/// <summary>How warm-up ended.</summary>
/// <param name="Latencies">Measured batches.</param>
/// <param name="Warning">The model refused synthetic input; it may well work with real input. Null: it did not.</param>
/// <param name="Failure">It broke; null: it did not.</param>
internal sealed record WarmUpOutcome(IReadOnlyList<BatchLatency> Latencies, string? Warning, string? Failure);
