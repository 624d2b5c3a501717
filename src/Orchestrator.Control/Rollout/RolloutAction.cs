using Orchestrator.Core;

namespace Orchestrator.Control.Rollout;

/// <summary>One thing the reconciler shall do; a closed set.</summary>
internal abstract record RolloutAction
{
    private RolloutAction() { }

    /// <summary>A new replica, Pending until <paramref name="NotBefore"/>.</summary>
    public sealed record AddReplica(string Version, int Slot, TimeSpan NotBefore) : RolloutAction;

    /// <summary>A Pending replica's time has come.</summary>
    public sealed record StartReplica(ReplicaId Id) : RolloutAction;

    /// <summary>A Pending replica is no longer wanted: it never was more than an intention.</summary>
    public sealed record ForgetReplica(ReplicaId Id) : RolloutAction;

    /// <summary>Leaves the serving snapshot; nothing stops yet.</summary>
    public sealed record DrainReplica(ReplicaId Id, string Why) : RolloutAction;

    /// <summary>Its container may end now.</summary>
    public sealed record StopReplica(ReplicaId Id) : RolloutAction;

    /// <summary>Plain calls go to another version from the next published snapshot on.</summary>
    public sealed record SwapServing(string? From, string To) : RolloutAction;

    /// <summary>Every frontend uses the swap (or had its time): the former version need not stay callable.</summary>
    public sealed record FinishSwap : RolloutAction;

    /// <summary>The current version does not come up; an older one goes on serving. Trying goes on too.</summary>
    public sealed record FailRollout(string Reason) : RolloutAction;

    /// <summary>The removed model has no replica left.</summary>
    public sealed record ForgetModel : RolloutAction;
}
