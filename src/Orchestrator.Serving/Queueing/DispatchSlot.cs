namespace Orchestrator.Serving.Queueing;

/// <summary>The place in a replica that a batch is wanted for.</summary>
/// <param name="Limit">Rows the policy allows that replica.</param>
/// <param name="Now">Timestamp.</param>
/// <param name="StartsAt">When the batch would begin to compute: now for an idle replica, when those before it should have ended for a busy one (timestamp).</param>
/// <param name="Before">Batches that come before it there: 0 in an idle replica, 1 in a busy one, 2 where one waits already.</param>
internal readonly record struct DispatchSlot(int Limit, long Now, long StartsAt, int Before)
{
    /// <summary>The replica is busy; the batch would wait in it.</summary>
    public bool IsAhead => Before > 0;

    public static DispatchSlot Idle(int limit, long now) => new(limit, now, now, 0);
}
