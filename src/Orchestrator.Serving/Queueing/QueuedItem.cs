namespace Orchestrator.Serving.Queueing;

/// <summary>What the scheduler needs to know of a request: the live queue's items and the simulator's are both this.</summary>
internal abstract class QueuedItem
{
    /// <summary>At least one.</summary>
    public int Rows { get; protected init; } = 1;

    /// <summary>Of its inputs.</summary>
    public long Bytes { get; protected init; }

    /// <summary>Items with equal text may ride in one batch; null for the common case, equal by construction.</summary>
    public string? Compatibility { get; init; }

    public ItemState State { get; set; }

    /// <summary>When it was put into the queue (timestamp).</summary>
    public long EnqueuedAt { get; set; }

    /// <summary>Batches it was sent in and that may have been executed.</summary>
    public int Attempts { get; set; }

    /// <summary>Earliest and latest deadline of those who still wait (timestamps); (max, min) when nobody does.</summary>
    public abstract (long Earliest, long Latest) Deadlines();
}
