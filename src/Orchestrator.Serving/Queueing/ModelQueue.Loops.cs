using Orchestrator.Serving.Replicas;

namespace Orchestrator.Serving.Queueing;

/// <content>What replica loops do with the queue: take a batch, give it back, come and go.</content>
internal sealed partial class ModelQueue
{
    /// <summary>Loops that serve this queue.</summary>
    public int LoopCount
    {
        get
        {
            lock (_lock)
            {
                return _handOver.LoopCount;
            }
        }
    }

    /// <summary>The next batch for an idle loop: at once if something waits, else as soon as something does; null: the loop must end.</summary>
    public ValueTask<Batch?> TakeAsync(ReplicaLoop loop)
    {
        Batch? batch;
        ValueTask<Batch?> later;
        bool anyGivenUp;
        lock (_lock)
        {
            if (loop.IsStopping || _closed)
            {
                _handOver.Remove(loop);
                return ValueTask.FromResult<Batch?>(null);
            }

            batch = _handOver.TakeOrIdle(loop, out later);
            anyGivenUp = _scheduler.GivenUp.Count > 0;
        }

        if (anyGivenUp)
        {
            FinishGivenUp();
        }

        return batch is null ? later : ValueTask.FromResult<Batch?>(batch);
    }

    /// <summary>Adds a loop; it will call <see cref="TakeAsync"/>.</summary>
    public void AddLoop(ReplicaLoop loop)
    {
        lock (_lock)
        {
            _handOver.Add(loop);
        }
    }

    /// <summary>Takes a loop away: at once if it is idle, else after its batch.</summary>
    public void RemoveLoop(ReplicaLoop loop)
    {
        bool wasIdle;
        lock (_lock)
        {
            loop.IsStopping = true;
            wasIdle = _handOver.Remove(loop);
        }

        if (wasIdle)
        {
            loop.Deliver(null);
        }
    }

    /// <summary>
    /// A loop gives a batch back, with what its replica answered; its items are the loop's to complete, or go through <see cref="Requeue"/>. The next batch is on its way
    /// before this returns, by another of the replica's loops: it need not idle while answers are handed out.
    /// </summary>
    /// <returns>Whether nothing waits for this thread: whatever was to be sent is, and what comes finds other loops of the replica.</returns>
    public bool Return(ReplicaLoop loop, Batch batch, in ReplicaReply reply)
    {
        ReplicaLoop? next;
        Batch? following;
        bool isIdle;
        lock (_lock)
        {
            if (!_handOver.CameBack(loop, batch, reply))
            {
                return false;
            }

            _handOver.Pair(out next, out following);
            isIdle = _waiting.Count == 0 && loop.Slots.HasLoopToSpare;
        }

        Deliver(next, following);
        return isIdle;
    }

    /// <summary>The replica of a loop that returned a batch as <see cref="ReplyKind.Unreachable"/> or <see cref="ReplyKind.Hung"/> is there again, or will never be asked again.</summary>
    public void Recovered(ReplicaLoop loop)
    {
        ReplicaLoop? next;
        Batch? batch;
        lock (_lock)
        {
            _handOver.Recovered(loop);

            // Its other loops have been idle since it went away, and what waits may be more than this one's next batch.
            _handOver.Pair(out next, out batch);
        }

        Deliver(next, batch);
    }

    /// <summary>Puts an item of a returned batch back. False: nobody waits any more, or the queue is closed; the item stays the caller's.</summary>
    /// <param name="item">Of a batch that was returned.</param>
    /// <param name="alone">It must go in a batch of its own: it shared one that failed, and must not spoil another.</param>
    public bool Requeue(PredictionItem item, bool alone)
    {
        ReplicaLoop? loop;
        Batch? batch;
        lock (_lock)
        {
            var deadlines = item.Deadlines();
            if (_closed || deadlines.Earliest > deadlines.Latest)
            {
                return false;
            }

            if (alone)
            {
                _waiting.JoinAlone(item);
            }
            else
            {
                _waiting.Join(item, deadlines.Earliest);
            }

            _timer.Arm(deadlines.Earliest);
            _handOver.Pair(out loop, out batch);
        }

        Deliver(loop, batch);
        return true;
    }

    private void Deliver(ReplicaLoop? loop, Batch? batch)
    {
        // Whoever has no answer to wait for need not wait for the sending either. A racy look is enough: whoever put something there comes by here after.
        while (true)
        {
            if (_scheduler.GivenUp.Count > 0)
            {
                FinishGivenUp();
            }

            if (loop is null)
            {
                return;
            }

            loop.Deliver(batch);
            lock (_lock)
            {
                _handOver.Pair(out loop, out batch);
            }
        }
    }
}
