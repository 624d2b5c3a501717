namespace Orchestrator.Serving.Queueing;

/// <summary>
/// The items that wait: earliest deadline first, ties by arrival; those that must go alone stand apart and go first. Knows no clock and no lock: its owner has
/// both. An item that left stays in the heap as a stale entry until it comes up, so leaving costs nothing.
/// </summary>
internal sealed class WaitingItems<TItem>
    where TItem : QueuedItem
{
    private readonly PriorityQueue<TItem, WaitingKey> _byDeadline = new();
    private readonly Queue<TItem> _alone = new();
    private long _arrivals;
    private long _latestDeadline = long.MinValue;

    /// <summary>Items that wait.</summary>
    public int Count { get; private set; }

    /// <summary>Their rows.</summary>
    public int Rows { get; private set; }

    /// <summary>The earliest deadline in the heap, also of a stale entry; max when there is none.</summary>
    public long NextDeadline => _byDeadline.TryPeek(out _, out var key) ? key.Deadline : long.MaxValue;

    /// <summary>
    /// About how many rows have a deadline before <paramref name="deadline"/>: exact if all have the same SLO (a new one is the last) or if it is the first; between,
    /// as if deadlines were spread evenly. An exact rank would cost a second structure per queue.
    /// </summary>
    public int RowsBefore(long deadline)
    {
        var earliest = NextDeadline;
        return Count == 0 || deadline < earliest ? 0
            : deadline >= _latestDeadline ? Rows // of equal deadlines the first to come goes first
            : (int)(Rows * ((double)(deadline - earliest) / (_latestDeadline - earliest)));
    }

    /// <summary>Those that must go alone; may hold stale ones.</summary>
    public IReadOnlyCollection<TItem> Alone => _alone;

    /// <summary>A new item, or one that comes back.</summary>
    public void Join(TItem item, long deadline)
    {
        CountIn(item);
        Push(item, deadline);
    }

    /// <summary>An item that comes back and must go in a batch of its own.</summary>
    public void JoinAlone(TItem item)
    {
        CountIn(item);
        _alone.Enqueue(item);
    }

    /// <summary>A further entry for an item that waits, under another deadline; the stale one is skipped when it comes up.</summary>
    public void Push(TItem item, long deadline)
    {
        _byDeadline.Enqueue(item, new WaitingKey(deadline, _arrivals++));
        _latestDeadline = Count <= 1 ? deadline : Math.Max(_latestDeadline, deadline);
    }

    /// <summary>An item no longer waits.</summary>
    public void Leave(TItem item, ItemState to)
    {
        item.State = to;
        Count--;
        Rows -= item.Rows;
    }

    /// <summary>The one with the earliest deadline; stays.</summary>
    public bool TryPeek(out TItem item)
    {
        while (_byDeadline.TryPeek(out item!, out _))
        {
            if (item.State == ItemState.Waiting)
            {
                return true;
            }

            _byDeadline.Dequeue();
        }

        return false;
    }

    /// <summary>Takes the entry that <see cref="TryPeek"/> showed out of the heap; the item still counts as waiting.</summary>
    public void Pop() => _byDeadline.Dequeue();

    /// <summary>As <see cref="Pop"/>; with <see cref="PutBack"/> the entry is where it was.</summary>
    public WaitingKey PopEntry()
    {
        _byDeadline.TryDequeue(out _, out var key);
        return key;
    }

    public void PutBack(TItem item, WaitingKey key) => _byDeadline.Enqueue(item, key);

    /// <summary>Takes out an entry whose deadline has passed; the item still counts as waiting.</summary>
    public bool TryPopExpired(long now, out TItem item)
    {
        while (_byDeadline.TryPeek(out item!, out var key) && key.Deadline <= now)
        {
            _byDeadline.Dequeue();
            if (item.State == ItemState.Waiting)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Takes out one that must go alone; it still counts as waiting.</summary>
    public bool TryPopAlone(out TItem item)
    {
        while (_alone.TryDequeue(out item!))
        {
            if (item.State == ItemState.Waiting)
            {
                return true;
            }
        }

        return false;
    }

    private void CountIn(TItem item)
    {
        item.State = ItemState.Waiting;
        Count++;
        Rows += item.Rows;
    }
}

/// <summary>Where an entry stands in the order.</summary>
/// <param name="Deadline">Timestamp.</param>
/// <param name="Arrival">Counts arrivals: of equal deadlines the first to come is the first.</param>
internal readonly record struct WaitingKey(long Deadline, long Arrival) : IComparable<WaitingKey>
{
    public int CompareTo(WaitingKey other) => Deadline != other.Deadline ? Deadline.CompareTo(other.Deadline) : Arrival.CompareTo(other.Arrival);
}
