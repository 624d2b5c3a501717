namespace Orchestrator.Serving.Queueing;

/// <summary>Items on their way through one replica together; owned by one replica loop from the moment it was handed out until it gave it back.</summary>
internal sealed class Batch(in FormedBatch<PredictionItem> formed, long dispatchedAt)
{
    private long _startedAt = formed.IsAhead ? long.MaxValue : dispatchedAt;

    /// <summary>At least one, all compatible.</summary>
    public IReadOnlyList<PredictionItem> Items { get; } = formed.Items;

    /// <summary>Sum of the items' rows.</summary>
    public int Rows { get; } = formed.Rows;

    /// <summary>When it left the queue (timestamp).</summary>
    public long DispatchedAt { get; } = dispatchedAt;

    /// <summary>Earliest deadline that has not been answered yet; the queue's deadline sweep moves it on, under its lock.</summary>
    public long Earliest { get; set; } = formed.Earliest;

    /// <summary>Latest deadline at dispatch: past it nobody who waited then still does.</summary>
    public long Latest { get; } = formed.Latest;

    /// <summary>How long the replica should be busy with it, by the profile (timestamps).</summary>
    public long Duration { get; } = formed.Duration;

    /// <summary>When it should be back, by the profile (timestamp).</summary>
    public long ExpectedEnd { get; private set; } = formed.ExpectedEnd;

    /// <summary>Whether its replica was busy when it left.</summary>
    public bool WentAhead { get; } = formed.IsAhead;

    /// <summary>Whether one waited in its replica already when it left.</summary>
    public bool WentBehindAnother { get; } = formed.Before > 1;

    /// <summary>Whether it waits in its replica for the one before it. Under the queue's lock.</summary>
    public bool IsAhead => _startedAt == long.MaxValue;

    /// <summary>The one before it is back. Under the queue's lock.</summary>
    public void Begin(long now)
    {
        _startedAt = now;
        ExpectedEnd = now + Duration;
    }

    /// <summary>Since when its replica worked for it alone, if it came back at <paramref name="ended"/>: what waiting for the batch before it took is none of its own.</summary>
    /// <param name="ended">Timestamp.</param>
    /// <param name="lastEnd">When the replica ended the batch before, if it computes one at a time: batches that wait in it may change places.</param>
    public long BusySince(long ended, long lastEnd)
    {
        var started = Volatile.Read(ref _startedAt);
        started = started <= ended ? started : DispatchedAt;

        // Two that came back at once may have been looked at in the other order: then it took what is usual.
        return Math.Max(started, lastEnd < ended ? lastEnd : ended - Duration);
    }
}
