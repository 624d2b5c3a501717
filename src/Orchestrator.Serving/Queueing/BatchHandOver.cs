using Orchestrator.Serving.Replicas;

namespace Orchestrator.Serving.Queueing;

/// <summary>Which replica loops serve a queue, which of them are idle, and which batch an idle one gets. Under its queue's lock.</summary>
internal sealed class BatchHandOver(BatchScheduler<PredictionItem> scheduler, OutBatches outBatches, DeadlineTimer timer, TimeProvider time)
{
    private readonly HashSet<ReplicaLoop> _loops = [];
    private readonly Queue<ReplicaLoop> _idle = new();

    /// <summary>Loops that serve the queue.</summary>
    public int LoopCount => _loops.Count;

    public void Add(ReplicaLoop loop)
    {
        _loops.Add(loop);
        scheduler.Replicas = _loops.Count;
    }

    /// <summary>Takes a loop away.</summary>
    /// <returns>Whether it was idle, so that it must be told.</returns>
    public bool Remove(ReplicaLoop loop)
    {
        _loops.Remove(loop);
        scheduler.Replicas = _loops.Count;
        var wasIdle = false;
        for (var n = _idle.Count; n > 0; n--)
        {
            var idle = _idle.Dequeue();
            if (ReferenceEquals(idle, loop))
            {
                wasIdle = true;
            }
            else
            {
                _idle.Enqueue(idle);
            }
        }

        return wasIdle;
    }

    /// <summary>Takes all away.</summary>
    /// <returns>Those that were idle and must be told.</returns>
    public List<ReplicaLoop> Clear()
    {
        List<ReplicaLoop> idle = [.. _idle];
        _idle.Clear();
        _loops.Clear();
        return idle;
    }

    /// <summary>The batch for a loop that asks, or null: it is listed as idle.</summary>
    public Batch? TakeOrIdle(ReplicaLoop loop, out ValueTask<Batch?> later)
    {
        later = default;
        if (TryForm(loop, out var batch))
        {
            return batch;
        }

        _idle.Enqueue(loop);
        later = loop.WaitForDelivery();
        return null;
    }

    /// <summary>Pairs one idle loop with a batch. One is enough: each delivery comes back for more before it gives the thread away.</summary>
    public void Pair(out ReplicaLoop? loop, out Batch? batch)
    {
        batch = null;
        if (!_idle.TryPeek(out loop) || !TryForm(loop, out batch))
        {
            loop = null;
            return;
        }

        _idle.Dequeue();
    }

    private bool TryForm(ReplicaLoop loop, out Batch? batch)
    {
        var now = time.GetTimestamp();
        if (scheduler.TryForm(loop.Limit, loop.Bounds, now, out var formed))
        {
            batch = new Batch(formed, now);
            outBatches.Add(batch);
            return true;
        }

        batch = null;
        timer.Arm(scheduler.HoldUntil);
        return false;
    }
}
