using Orchestrator.Serving.Replicas;

namespace Orchestrator.Serving.Queueing;

/// <summary>
/// Which replica loops serve a queue, which of them are idle, and which batch an idle one gets. Replicas with nothing to do come first, least recently used before
/// others; where all are busy and more waits than a batch holds, the next batch goes ahead into one of them. Under its queue's lock.
/// </summary>
internal sealed class BatchHandOver(BatchScheduler<PredictionItem> scheduler, OutBatches outBatches, DeadlineTimer timer, TimeProvider time)
{
    /// <summary>How often it is looked, while a batch comes together, whether it could go ahead.</summary>
    private const int LooksPerBatch = 16;

    private readonly HashSet<ReplicaLoop> _loops = [];
    private readonly Queue<ReplicaSlots> _free = new();
    private readonly Queue<ReplicaSlots> _ahead = new();

    private readonly Timescale _scale = Timescale.Of(time);

    /// <summary>Rows that must wait before it is looked again whether a batch could go ahead: each arrival would be too often.</summary>
    private int _lookAheadAt = 1;

    /// <summary>Loops that serve the queue.</summary>
    public int LoopCount => _loops.Count;

    public void Add(ReplicaLoop loop)
    {
        if (_loops.Add(loop) && loop.Slots.Loops++ < loop.Slots.Concurrency)
        {
            scheduler.Replicas++;
        }
    }

    /// <summary>Takes a loop away.</summary>
    /// <returns>Whether it was idle, so that it must be told.</returns>
    public bool Remove(ReplicaLoop loop)
    {
        var slots = loop.Slots;
        if (_loops.Remove(loop) && --slots.Loops < slots.Concurrency)
        {
            scheduler.Replicas--;
        }

        if (!slots.Idle.Contains(loop))
        {
            return false;
        }

        var others = slots.Idle.Where(other => !ReferenceEquals(other, loop)).Reverse().ToArray();
        slots.Idle.Clear();
        foreach (var other in others)
        {
            slots.Idle.Push(other);
        }

        return true;
    }

    /// <summary>Takes all away.</summary>
    /// <returns>Those that were idle and must be told.</returns>
    public List<ReplicaLoop> Clear()
    {
        var idle = new List<ReplicaLoop>();
        foreach (var loop in _loops)
        {
            idle.AddRange(loop.Slots.Idle);
            loop.Slots.Idle.Clear();
        }

        _loops.Clear();
        return idle;
    }

    /// <summary>The batch for a loop that asks, or null: it is listed as idle.</summary>
    public Batch? TakeOrIdle(ReplicaLoop loop, out ValueTask<Batch?> later)
    {
        later = default;
        var now = time.GetTimestamp();
        var slots = loop.Slots;
        if (slots.IsFree ? TryForm(loop, false, now, out var batch) : MayGoAhead(slots, now) && TryFormAhead(loop, now, out batch))
        {
            // Another loop of the replica may be idle: from now on it can only take a batch ahead.
            List(slots);
            return batch;
        }

        slots.Idle.Push(loop);
        List(slots);
        later = loop.WaitForDelivery();
        return null;
    }

    /// <summary>Pairs one idle loop with a batch. One is enough: each delivery comes back for more before it gives the thread away.</summary>
    public void Pair(out ReplicaLoop? loop, out Batch? batch)
    {
        if (FirstFree() is { } free)
        {
            loop = free.Idle.Peek();
            if (TryForm(loop, false, time.GetTimestamp(), out batch))
            {
                _free.Dequeue();
                Delivered(free, isFree: true);
                return;
            }
        }
        else if (scheduler.Waiting.Rows >= _lookAheadAt && FirstAhead() is { } busy)
        {
            loop = busy.Idle.Peek();
            if (TryFormAhead(loop, time.GetTimestamp(), out batch))
            {
                _ahead.Dequeue();
                Delivered(busy, isFree: false);
                return;
            }
        }

        loop = null;
        batch = null;
    }

    /// <summary>A batch is back, with what its replica answered. False: it was back already.</summary>
    public bool CameBack(ReplicaLoop loop, Batch batch, in ReplicaReply reply)
    {
        if (!outBatches.Remove(batch))
        {
            return false;
        }

        // Before anything that might throw: from here on the items are the loop's to end, and it ends those that are marked so.
        foreach (var item in batch.Items)
        {
            item.State = ItemState.Done;
        }

        var now = time.GetTimestamp();
        scheduler.CameBack(batch.Rows, batch.IsAhead, batch.Duration, batch.ExpectedEnd, now);
        if (loop.Slots.CameBack(batch, reply.Kind, now, scheduler.Waiting.Rows) is { } next)
        {
            scheduler.Began(next.Duration, next.ExpectedEnd);
        }

        loop.Slots.Heard(batch, reply, now, _scale);
        if (reply.Kind is ReplyKind.Unreachable or ReplyKind.Hung)
        {
            loop.IsRecovering = true;
            loop.Slots.Failed();
        }

        List(loop.Slots);
        return true;
    }

    /// <summary>The replica is there again.</summary>
    public void Recovered(ReplicaLoop loop)
    {
        loop.IsRecovering = false;
        loop.Slots.Recovered();
        List(loop.Slots);
    }

    private void Delivered(ReplicaSlots slots, bool isFree)
    {
        slots.Idle.Pop();
        if (isFree)
        {
            slots.IsListedFree = false;
        }
        else
        {
            slots.IsListedAhead = false;
        }

        List(slots);
    }

    /// <summary>Lists a replica that has an idle loop, at the end; entries that have become untrue go when they come to the front.</summary>
    private void List(ReplicaSlots slots)
    {
        if (slots.Idle.Count == 0)
        {
            return;
        }

        if (slots.IsFree && !slots.IsListedFree)
        {
            slots.IsListedFree = true;
            _free.Enqueue(slots);
        }
        else if (!slots.IsFree && !slots.IsListedAhead)
        {
            slots.IsListedAhead = true;
            _ahead.Enqueue(slots);
        }
    }

    private ReplicaSlots? FirstFree()
    {
        while (_free.TryPeek(out var slots))
        {
            if (slots.Idle.Count > 0 && slots.IsFree)
            {
                return slots;
            }

            _free.Dequeue();
            slots.IsListedFree = false;
        }

        return null;
    }

    private ReplicaSlots? FirstAhead()
    {
        long now = 0;
        for (var n = _ahead.Count; n > 0; n--)
        {
            var slots = _ahead.Peek();
            if (slots.Idle.Count > 0 && slots.HasRoomAhead && slots.TakesAhead(now = now == 0 ? time.GetTimestamp() : now))
            {
                return slots;
            }

            _ahead.Dequeue();
            slots.IsListedAhead = false;

            // Not now, because of its pause perhaps: it stays listed, behind the others.
            List(slots);
        }

        return null;
    }

    private bool MayGoAhead(ReplicaSlots slots, long now) => scheduler.Waiting.Rows >= _lookAheadAt && slots.TakesAhead(now) && FirstFree() is null;

    private bool TryFormAhead(ReplicaLoop loop, long now, out Batch? batch)
    {
        var rows = scheduler.Waiting.Rows;
        var limit = loop.Slots.MostRowsOf(rows);
        if (TryForm(loop, true, now, out batch))
        {
            return true;
        }

        // One that waits as it is, though enough are there for it, waits for more than that.
        var later = rows + Math.Max(1, limit / LooksPerBatch);
        _lookAheadAt = rows >= limit ? later : Math.Min(later, limit);
        return false;
    }

    private bool TryForm(ReplicaLoop loop, bool isAhead, long now, out Batch? batch)
    {
        var slots = loop.Slots;
        var limit = slots.MostRowsOf(scheduler.Waiting.Rows);
        var slot = isAhead ? new DispatchSlot(limit, now, slots.NextStart(now), 1 + slots.Ahead) : DispatchSlot.Idle(limit, now);
        if (scheduler.TryForm(slot, loop.Bounds, out var formed))
        {
            batch = new Batch(formed, now);
            outBatches.Add(batch);
            slots.Left(batch);
            _lookAheadAt = 1;
            return true;
        }

        batch = null;
        timer.Arm(scheduler.HoldUntil);
        return false;
    }
}
