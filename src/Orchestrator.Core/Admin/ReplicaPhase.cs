namespace Orchestrator.Core.Admin;

/// <summary>
/// Life of a replica. Pending -> Starting -> Probing -> WarmingUp -> Ready -> Draining -> Stopped; every phase but Stopped may turn Failed; Starting to
/// WarmingUp may turn Draining when the replica is no longer wanted. Stopped and Failed are final: a replacement is a new replica.
/// </summary>
public enum ReplicaPhase
{
    /// <summary>Wanted, not started yet (waits for its back-off).</summary>
    Pending,
    /// <summary>The runtime was asked to start it.</summary>
    Starting,
    /// <summary>It runs; readiness, contract and signature are checked.</summary>
    Probing,
    /// <summary>Real batches run through it and seed the latency profile.</summary>
    WarmingUp,
    /// <summary>Frontends may call it.</summary>
    Ready,
    /// <summary>Gets no new batch; what is out is waited for.</summary>
    Draining,
    /// <summary>Ended as wanted.</summary>
    Stopped,
    /// <summary>Ended or given up; the reason says why.</summary>
    Failed,
}
