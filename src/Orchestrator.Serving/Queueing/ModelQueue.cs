using Orchestrator.Core;
using Orchestrator.Serving.Batching;
using Orchestrator.Serving.Prediction;
using Orchestrator.Serving.Profiling;
using Orchestrator.Serving.Replicas;

namespace Orchestrator.Serving.Queueing;

/// <summary>
/// The requests that wait for one model version: bounded, earliest deadline first, ties by arrival. Idle replica loops pull batches from it, which is all the
/// load balancing there is. An item it accepted completes exactly once: with its result, at its deadline (also while its batch is out), when its client left, or
/// because it has no hope left.
/// <code>
///  TryEnqueue -> waiting (heap) --TakeAsync--> out (batches) -> Return(batch): done, or back to waiting after a replica died
///                  |  deadline / hopeless / cancelled             |  deadline: its waiters are answered, the batch stays out
///                  v                                              v
///                 done                                  (late result only feeds cache and profile)
/// </code>
/// One lock guards all of it; nothing of a caller runs under it. One timer per queue, armed for the earliest deadline or hold, so an idle queue costs nothing.
/// This file is the callers' side; ModelQueue.Loops.cs is the replica loops'.
/// </summary>
internal sealed partial class ModelQueue : IDisposable
{
    private readonly Lock _lock = new();
    private readonly BatchScheduler<PredictionItem> _scheduler;
    private readonly WaitingItems<PredictionItem> _waiting;
    private readonly OutBatches _out = new();
    private readonly TimeProvider _time;
    private readonly DeadlineTimer _timer;
    private readonly DeadlineSweep _sweep;
    private readonly BatchHandOver _handOver;
    private bool _closed;

    public ModelQueue(ModelVersionId id, IBatchPolicy policy, int capacity, long maxBytes, LatencyProfile profile, TimeProvider time)
    {
        Id = id;
        Policy = policy;
        _time = time;
        _scheduler = new BatchScheduler<PredictionItem>(policy, profile, Timescale.Of(time), time.GetTimestamp()) { Capacity = capacity, MaxBytes = maxBytes };
        _waiting = _scheduler.Waiting;
        Missed = new PredictionOutcome { Kind = OutcomeKind.DeadlineMissed, ModelVersion = id, Explanation = "Failed to retrieve a prediction response within the specified latency SLO" };
        Cancelled = new PredictionOutcome { Kind = OutcomeKind.Cancelled, ModelVersion = id, Explanation = "the client left" };
        _timer = new DeadlineTimer(time, Tick);
        _sweep = new DeadlineSweep(_scheduler, _out, Missed);
        _handOver = new BatchHandOver(_scheduler, _out, _timer, time);
    }

    public ModelVersionId Id { get; }

    public LatencyProfile Profile => _scheduler.Profile;

    /// <summary>The outcome of those whose client left.</summary>
    public PredictionOutcome Cancelled { get; }

    /// <summary>The outcome of those whose deadline passed.</summary>
    public PredictionOutcome Missed { get; }

    public IBatchPolicy Policy { get; }

    /// <summary>Items that wait.</summary>
    public int Length
    {
        get
        {
            lock (_lock)
            {
                return _waiting.Count;
            }
        }
    }

    /// <summary>Whether nothing waits and nothing is out.</summary>
    public bool IsQuiet
    {
        get
        {
            lock (_lock)
            {
                return _waiting.Count == 0 && _out.Count == 0;
            }
        }
    }

    /// <summary>The bounds may change with the spec; what waits already stays.</summary>
    public void Configure(int capacity, long maxBytes)
    {
        lock (_lock)
        {
            _scheduler.Capacity = capacity;
            _scheduler.MaxBytes = maxBytes;
        }
    }

    /// <summary>Offers an item. Ownership passes only with <see cref="QueueAdmission.Accepted"/>. May run the sending half of a batch on the caller's thread.</summary>
    public QueueAdmission TryEnqueue(PredictionItem item)
    {
        ReplicaLoop? loop;
        Batch? batch;
        lock (_lock)
        {
            var admission = AdmitNeedsLock(item);
            if (admission != QueueAdmission.Accepted)
            {
                return admission;
            }

            _handOver.Pair(out loop, out batch);
        }

        Deliver(loop, batch);
        return QueueAdmission.Accepted;
    }

    /// <summary>Offers several items at once, so that the first does not leave alone while the others are still on their way in.</summary>
    public void TryEnqueueMany(ReadOnlySpan<PredictionItem> items, Span<QueueAdmission> admissions)
    {
        ReplicaLoop? loop;
        Batch? batch;
        lock (_lock)
        {
            for (var i = 0; i < items.Length; i++)
            {
                admissions[i] = AdmitNeedsLock(items[i]);
            }

            _handOver.Pair(out loop, out batch);
        }

        Deliver(loop, batch);
    }

    /// <summary>Ends the queue: loops end, what still waits is answered as unavailable.</summary>
    public void Close(PredictionOutcome outcome)
    {
        List<PredictionItem> left = [];
        List<ReplicaLoop> idle;
        lock (_lock)
        {
            _closed = true;
            while (_waiting.TryPopAlone(out var item) || _waiting.TryPopExpired(long.MaxValue, out item))
            {
                _waiting.Leave(item, ItemState.Done);
                left.Add(item);
            }

            idle = _handOver.Clear();
        }

        foreach (var item in left)
        {
            item.Complete(outcome);
        }

        foreach (var loop in idle)
        {
            loop.Deliver(null);
        }
    }

    /// <summary>A waiter joined an item: its deadline may be the earliest now.</summary>
    public void WaiterJoined(PredictionItem item, long deadline)
    {
        lock (_lock)
        {
            if (item.State == ItemState.Waiting)
            {
                _waiting.Push(item, deadline);
                _timer.Arm(deadline);
            }
            else if (item.State == ItemState.Dispatched && _out.WaiterJoined(item, deadline))
            {
                _timer.Arm(deadline);
            }
        }
    }

    /// <summary>A waiter left; an item that nobody waits for leaves the queue.</summary>
    public void WaiterLeft(PredictionItem item)
    {
        if (item.AnyoneWaits())
        {
            return;
        }

        lock (_lock)
        {
            if (item.State != ItemState.Waiting)
            {
                return;
            }

            _waiting.Leave(item, ItemState.Done);
        }

        item.Complete(Cancelled);
        Dropped?.Invoke(item);
    }

    /// <summary>Told of every item that ended without a result; the cache forgets that it was under way.</summary>
    public Action<PredictionItem>? Dropped { get; init; }

    /// <summary>When the queue should have cleared, by the profile; at least a millisecond.</summary>
    public TimeSpan EstimateDrain()
    {
        lock (_lock)
        {
            return _scheduler.EstimateDrain();
        }
    }

    /// <summary>Answers whoever's deadline has passed and lets held batches go; the timer's body.</summary>
    internal void Tick()
    {
        ReplicaLoop? loop;
        Batch? batch;
        lock (_lock)
        {
            _timer.Ticked();
            var now = _time.GetTimestamp();
            _sweep.Expire(now);
            _scheduler.EndHold(now);
            _handOver.Pair(out loop, out batch);
            _timer.Arm(Math.Min(_scheduler.HoldUntil, _sweep.NextDeadline));
        }

        Deliver(loop, batch);
    }

    public void Dispose() => _timer.Dispose();

    private QueueAdmission AdmitNeedsLock(PredictionItem item)
    {
        if (_closed || _handOver.LoopCount == 0)
        {
            return QueueAdmission.NoReplica;
        }

        var admission = _scheduler.Admit(item, _time.GetTimestamp());
        if (admission == QueueAdmission.Accepted)
        {
            _timer.Arm(_waiting.NextDeadline);
        }

        return admission;
    }

    /// <summary>Ends what was given up under the lock; after every section that may have.</summary>
    private void FinishGivenUp()
    {
        while (true)
        {
            PredictionItem? item;
            lock (_lock)
            {
                if (!_scheduler.GivenUp.TryDequeue(out item))
                {
                    return;
                }
            }

            item.Complete(Missed);
            Dropped?.Invoke(item);
        }
    }
}
