using Orchestrator.Core.Admin;

namespace Orchestrator.Control.Replicas;

/// <summary>Which phase may follow which; the one place that knows (documented at <see cref="ReplicaPhase"/>).</summary>
internal static class ReplicaLifecycle
{
    /// <summary>Whether a replica in <paramref name="from"/> may turn <paramref name="to"/>.</summary>
    public static bool CanMove(ReplicaPhase from, ReplicaPhase to) => (from, to) switch
    {
        (_, ReplicaPhase.Failed) => !IsFinal(from),
        (ReplicaPhase.Pending, ReplicaPhase.Starting) => true,
        (ReplicaPhase.Starting, ReplicaPhase.Probing) => true,
        (ReplicaPhase.Probing, ReplicaPhase.WarmingUp) => true,
        (ReplicaPhase.WarmingUp, ReplicaPhase.Ready) => true,
        (ReplicaPhase.Starting or ReplicaPhase.Probing or ReplicaPhase.WarmingUp or ReplicaPhase.Ready, ReplicaPhase.Draining) => true,
        (ReplicaPhase.Draining, ReplicaPhase.Stopped) => true,
        _ => false,
    };

    /// <summary>Nothing follows.</summary>
    public static bool IsFinal(ReplicaPhase phase) => phase is ReplicaPhase.Stopped or ReplicaPhase.Failed;

    /// <summary>It holds a place among the wanted replicas: it serves or is on its way to.</summary>
    public static bool IsActive(ReplicaPhase phase) => phase < ReplicaPhase.Draining;

    /// <summary>Asked to start and not serving yet.</summary>
    public static bool IsComingUp(ReplicaPhase phase) => phase is ReplicaPhase.Starting or ReplicaPhase.Probing or ReplicaPhase.WarmingUp;
}
