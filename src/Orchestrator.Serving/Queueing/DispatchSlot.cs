namespace Orchestrator.Serving.Queueing;

/// <summary>The place in a replica that a batch is wanted for.</summary>
/// <param name="Limit">Rows the policy allows that replica.</param>
/// <param name="Now">Timestamp.</param>
/// <param name="StartsAt">When the batch would begin to compute: now for an idle replica, when the one before it should end for a busy one (timestamp).</param>
/// <param name="IsAhead">The replica is busy; the batch would wait in it.</param>
internal readonly record struct DispatchSlot(int Limit, long Now, long StartsAt, bool IsAhead)
{
    public static DispatchSlot Idle(int limit, long now) => new(limit, now, now, false);
}
