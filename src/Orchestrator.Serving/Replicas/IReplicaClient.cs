using Orchestrator.Protocol;
using Orchestrator.Serving.Queueing;

namespace Orchestrator.Serving.Replicas;

/// <summary>Sends batches to one replica (port: HTTP, or a fake in tests).</summary>
internal interface IReplicaClient : IDisposable
{
    /// <summary>Sends a batch and reads the answer; never throws for what a container or network can do.</summary>
    /// <param name="batch">Stays the caller's.</param>
    /// <param name="budget">What is left until the batch's latest deadline; told to the container.</param>
    /// <param name="abandon">Cancelled when the replica counts as hung.</param>
    ValueTask<ReplicaReply> InferAsync(Batch batch, TimeSpan budget, CancellationToken abandon);

    /// <summary>Whether it says it is ready; false for every other answer and for none.</summary>
    ValueTask<bool> IsReadyAsync(CancellationToken cancellationToken);
}

/// <summary>How a call to a container ended.</summary>
internal enum ReplyKind
{
    /// <summary>It answered.</summary>
    Ok,
    /// <summary>It has no room for a further batch now; nothing was executed.</summary>
    Busy,
    /// <summary>It refused the input (400, 413).</summary>
    InvalidInput,
    /// <summary>The batch failed in it.</summary>
    Failed,
    /// <summary>The deadline had passed before it began.</summary>
    TooLate,
    /// <summary>It is not ready, cannot be reached, broke the connection, or what it sent is no answer.</summary>
    Unreachable,
    /// <summary>It answered and did not name the version that was asked for, when only such an answer may be believed.</summary>
    Unconfirmed,
    /// <summary>No answer before the call was abandoned.</summary>
    Hung,
}

/// <summary>The end of a call to a container.</summary>
/// <param name="Kind">How it ended.</param>
/// <param name="Response">For <see cref="ReplyKind.Ok"/>.</param>
/// <param name="Error">For every other kind: the container's or network's words.</param>
/// <param name="MayHaveRun">Whether the batch may have been executed.</param>
/// <param name="Queued">What the container says it waited; null if it does not say.</param>
/// <param name="Computed">What the container says it computed; null if it does not say.</param>
internal readonly record struct ReplicaReply(ReplyKind Kind, InferResponse? Response, string? Error, bool MayHaveRun, TimeSpan? Queued = null, TimeSpan? Computed = null);
