// Longer than 300 lines: queue, hand-over and deadlines change the same few fields under one lock, and each rule is only right next to the others.
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
/// </summary>
internal sealed class ModelQueue : IDisposable
{
    /// <summary>Added to the estimate before an item is given up as hopeless: what answering costs beyond the batch itself.</summary>
    public static readonly TimeSpan Margin = TimeSpan.FromMilliseconds(1);

    /// <summary>
    /// After this long without a batch, one goes out however hopeless it looks. Without it a profile that a single slow batch has spoilt would drop everything
    /// for ever, and so never be measured again.
    /// </summary>
    public static readonly TimeSpan ProbeAfter = TimeSpan.FromMilliseconds(100);

    /// <summary>A smaller batch for a tight head must keep this share of the throughput, if more wait than a batch holds; otherwise the head is given up.</summary>
    public const double LeastEfficiency = 0.5;

    private readonly Lock _lock = new();
    private readonly PriorityQueue<PredictionItem, (long Deadline, long Arrival)> _waiting = new();
    private readonly Queue<PredictionItem> _alone = new();
    private readonly List<Batch> _out = [];
    private readonly Queue<ReplicaLoop> _idle = new();
    private readonly HashSet<ReplicaLoop> _loops = [];
    private readonly TimeProvider _time;
    private readonly IBatchPolicy _policy;
    private readonly ITimer _timer;
    private readonly long _margin;
    private readonly long _probeAfter;
    private readonly PredictionOutcome _missed;
    private readonly bool _single;
    private readonly Queue<PredictionItem> _dropped = new();
    private int _capacity;
    private long _maxBytes;
    private int _waitingItems;
    private int _waitingRows;
    private long _arrivals;
    private long _armedFor = long.MaxValue;
    private long _holdUntil = long.MaxValue;
    private long _lastDispatch;
    private bool _closed;

    public ModelQueue(ModelVersionId id, IBatchPolicy policy, int capacity, long maxBytes, LatencyProfile profile, TimeProvider time)
    {
        Id = id;
        _policy = policy;
        _single = policy is NoBatchPolicy;
        _capacity = capacity;
        _maxBytes = maxBytes;
        Profile = profile;
        _time = time;
        _margin = ToTimestamps(Margin);
        _probeAfter = ToTimestamps(ProbeAfter);
        _lastDispatch = time.GetTimestamp() - _probeAfter;
        _missed = new PredictionOutcome { Kind = OutcomeKind.DeadlineMissed, ModelVersion = id, Explanation = "Failed to retrieve a prediction response within the specified latency SLO" };
        Cancelled = new PredictionOutcome { Kind = OutcomeKind.Cancelled, ModelVersion = id, Explanation = "the client left" };
        _timer = time.CreateTimer(static state => ((ModelQueue)state!).Tick(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    public ModelVersionId Id { get; }

    public LatencyProfile Profile { get; }

    /// <summary>The outcome of those whose client left.</summary>
    public PredictionOutcome Cancelled { get; }

    /// <summary>The outcome of those whose deadline passed.</summary>
    public PredictionOutcome Missed => _missed;

    public IBatchPolicy Policy => _policy;

    /// <summary>Items that wait.</summary>
    public int Length
    {
        get
        {
            lock (_lock)
            {
                return _waitingItems;
            }
        }
    }

    /// <summary>Loops that serve this queue.</summary>
    public int LoopCount
    {
        get
        {
            lock (_lock)
            {
                return _loops.Count;
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
                return _waitingItems == 0 && _out.Count == 0;
            }
        }
    }

    /// <summary>The bounds may change with the spec; what waits already stays.</summary>
    public void Configure(int capacity, long maxBytes)
    {
        lock (_lock)
        {
            _capacity = capacity;
            _maxBytes = maxBytes;
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

            PairNeedsLock(out loop, out batch);
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

            PairNeedsLock(out loop, out batch);
        }

        Deliver(loop, batch);
    }

    /// <summary>The next batch for an idle loop: at once if something waits, else as soon as something does; null: the loop must end.</summary>
    public ValueTask<Batch?> TakeAsync(ReplicaLoop loop)
    {
        ValueTask<Batch?> taken;
        bool anyDropped;
        lock (_lock)
        {
            if (loop.IsStopping || _closed)
            {
                _loops.Remove(loop);
                return ValueTask.FromResult<Batch?>(null);
            }

            if (TryFormNeedsLock(loop, out var batch))
            {
                taken = ValueTask.FromResult(batch);
            }
            else
            {
                _idle.Enqueue(loop);
                taken = loop.WaitForDelivery();
            }

            anyDropped = _dropped.Count > 0;
        }

        if (anyDropped)
        {
            FinishDropped();
        }

        return taken;
    }

    /// <summary>Adds a loop; it will call <see cref="TakeAsync"/>.</summary>
    public void AddLoop(ReplicaLoop loop)
    {
        lock (_lock)
        {
            _loops.Add(loop);
        }
    }

    /// <summary>Takes a loop away: at once if it is idle, else after its batch.</summary>
    public void RemoveLoop(ReplicaLoop loop)
    {
        var wasIdle = false;
        lock (_lock)
        {
            loop.IsStopping = true;
            _loops.Remove(loop);
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
        }

        if (wasIdle)
        {
            loop.Deliver(null);
        }
    }

    /// <summary>Ends the queue: loops end, what still waits is answered as unavailable.</summary>
    public void Close(PredictionOutcome outcome)
    {
        List<PredictionItem> left = [];
        List<ReplicaLoop> idle;
        lock (_lock)
        {
            _closed = true;
            while (_alone.TryDequeue(out var item) || _waiting.TryDequeue(out item, out _))
            {
                if (item.State == ItemState.Waiting)
                {
                    LeaveQueueNeedsLock(item, ItemState.Done);
                    left.Add(item);
                }
            }

            idle = [.. _idle];
            _idle.Clear();
            _loops.Clear();
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

    /// <summary>A loop gives a batch back; its items are the loop's to complete, or go through <see cref="Requeue"/>.</summary>
    public void Return(Batch batch)
    {
        lock (_lock)
        {
            _out.Remove(batch);
            foreach (var item in batch.Items)
            {
                item.State = ItemState.Done;
            }
        }
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

            JoinQueueNeedsLock(item);
            if (alone)
            {
                _alone.Enqueue(item);
                ArmNeedsLock(deadlines.Earliest);
            }
            else
            {
                PushNeedsLock(item, deadlines.Earliest);
            }

            PairNeedsLock(out loop, out batch);
        }

        Deliver(loop, batch);
        return true;
    }

    /// <summary>A waiter joined an item: its deadline may be the earliest now.</summary>
    public void WaiterJoined(PredictionItem item, long deadline)
    {
        lock (_lock)
        {
            if (item.State == ItemState.Waiting)
            {
                // A second entry under the earlier deadline; the stale one is skipped when it comes up.
                PushNeedsLock(item, deadline);
            }
            else if (item.State == ItemState.Dispatched)
            {
                foreach (var batch in _out)
                {
                    if (batch.Items.Contains(item))
                    {
                        batch.Earliest = Math.Min(batch.Earliest, deadline);
                        ArmNeedsLock(deadline);
                    }
                }
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

            LeaveQueueNeedsLock(item, ItemState.Done);
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
            var size = Math.Max(1, Profile.LargestRows);
            var batches = Math.Ceiling((double)_waitingRows / size / Math.Max(1, _loops.Count));
            return TimeSpan.FromTicks(Math.Max(TimeSpan.TicksPerMillisecond, (long)(batches * Profile.Estimate(size).Ticks)));
        }
    }

    /// <summary>Answers whoever's deadline has passed and lets held batches go; the timer's body.</summary>
    internal void Tick()
    {
        List<PredictionItem> dropped = [];
        ReplicaLoop? loop;
        Batch? batch;
        lock (_lock)
        {
            _armedFor = long.MaxValue;
            var now = _time.GetTimestamp();
            ExpireNeedsLock(now, dropped);
            if (_holdUntil <= now)
            {
                _holdUntil = long.MaxValue;
            }

            PairNeedsLock(out loop, out batch);
            RearmNeedsLock();
        }

        foreach (var item in dropped)
        {
            item.Complete(_missed);
            Dropped?.Invoke(item);
        }

        Deliver(loop, batch);
    }

    public void Dispose() => _timer.Dispose();

    private QueueAdmission AdmitNeedsLock(PredictionItem item)
    {
        if (_closed || _loops.Count == 0)
        {
            return QueueAdmission.NoReplica;
        }

        if (_waitingItems >= _capacity)
        {
            return QueueAdmission.Full;
        }

        var now = _time.GetTimestamp();
        var deadline = item.Deadlines().Earliest;
        if (deadline <= now || (now - _lastDispatch < _probeAfter && IsHopeless(item, now)))
        {
            return QueueAdmission.Infeasible;
        }

        item.EnqueuedAt = now;
        JoinQueueNeedsLock(item);
        PushNeedsLock(item, deadline);
        return QueueAdmission.Accepted;
    }

    private void JoinQueueNeedsLock(PredictionItem item)
    {
        item.State = ItemState.Waiting;
        _waitingItems++;
        _waitingRows += item.Rows;
    }

    private void LeaveQueueNeedsLock(PredictionItem item, ItemState to)
    {
        item.State = to;
        _waitingItems--;
        _waitingRows -= item.Rows;
    }

    private void PushNeedsLock(PredictionItem item, long deadline)
    {
        _waiting.Enqueue(item, (deadline, _arrivals++));
        ArmNeedsLock(deadline);
    }

    /// <summary>Pairs one idle loop with a batch. One is enough: each delivery comes back for more before it gives the thread away.</summary>
    private void PairNeedsLock(out ReplicaLoop? loop, out Batch? batch)
    {
        batch = null;
        if (!_idle.TryPeek(out loop) || !TryFormNeedsLock(loop, out batch))
        {
            loop = null;
            return;
        }

        _idle.Dequeue();
    }

    private void Deliver(ReplicaLoop? loop, Batch? batch)
    {
        while (loop is not null)
        {
            loop.Deliver(batch);
            lock (_lock)
            {
                PairNeedsLock(out loop, out batch);
            }
        }

        // A racy look is enough: whoever put something there comes by here after.
        if (_dropped.Count > 0)
        {
            FinishDropped();
        }
    }

    private bool TryFormNeedsLock(ReplicaLoop loop, out Batch? batch)
    {
        batch = null;
        var now = _time.GetTimestamp();
        if (TryTakeAloneNeedsLock(now, out batch))
        {
            return true;
        }

        var bounds = loop.Bounds;
        var limit = Math.Clamp(loop.Limit, 1, Math.Max(1, bounds.MaxRows));
        while (TryPeekNeedsLock(out var head))
        {
            var (earliest, latest) = head.Deadlines();
            if (earliest > latest)
            {
                // Everybody left between the look at the heap and now; whoever left last takes it out.
                DropHeadNeedsLock(head);
                continue;
            }

            var hold = HoldNeedsLock(head, earliest, limit, bounds, now);
            if (hold > now)
            {
                _holdUntil = hold;
                ArmNeedsLock(hold);
                return false;
            }

            if (!TrySizeNeedsLock(head, earliest, limit, now, out var rows))
            {
                DropHeadNeedsLock(head);
                continue;
            }

            batch = CollectNeedsLock(head, rows, now);
            return true;
        }

        return false;
    }

    private bool TryTakeAloneNeedsLock(long now, out Batch? batch)
    {
        while (_alone.TryDequeue(out var item))
        {
            if (item.State != ItemState.Waiting)
            {
                continue;
            }

            var (earliest, latest) = item.Deadlines();
            LeaveQueueNeedsLock(item, ItemState.Dispatched);
            item.Attempts++;
            batch = new Batch([item], item.Rows, now, earliest, latest);
            _out.Add(batch);
            _lastDispatch = now;
            return true;
        }

        batch = null;
        return false;
    }

    /// <summary>When the batch may leave; never so late that the head would miss its deadline by it.</summary>
    private long HoldNeedsLock(PredictionItem head, long earliest, int limit, in BatchBounds bounds, long now)
    {
        var hold = _policy.Hold(_waitingRows, limit, _time.GetElapsedTime(head.EnqueuedAt, now), bounds);
        return hold <= TimeSpan.Zero ? now : Math.Min(now + ToTimestamps(hold), earliest - ToTimestamps(Profile.Estimate(limit)) - _margin);
    }

    /// <summary>How many rows may go with this head; false: the head has no hope, or costs the others too much.</summary>
    private bool TrySizeNeedsLock(PredictionItem head, long earliest, int limit, long now, out int rows)
    {
        rows = Math.Min(limit, _waitingRows);
        if (now - _lastDispatch >= _probeAfter)
        {
            return true;
        }

        if (IsHopeless(head, now))
        {
            return false;
        }

        var slack = _time.GetElapsedTime(now, earliest) - Margin;
        if (rows <= 1 || Profile.Estimate(rows) <= slack)
        {
            return true;
        }

        var fitting = Profile.LargestRowsWithin(slack, rows);
        var efficiency = fitting / Profile.Estimate(fitting).TotalSeconds / (rows / Profile.Estimate(rows).TotalSeconds);
        if (_waitingRows > limit && efficiency < LeastEfficiency)
        {
            return false;
        }

        rows = fitting;
        return true;
    }

    private bool IsHopeless(PredictionItem item, long now)
    {
        var need = Profile.Estimate(item.Rows);
        return need > TimeSpan.Zero && item.Deadlines().Latest - now < ToTimestamps(need) + _margin;
    }

    private Batch CollectNeedsLock(PredictionItem head, int rows, long now)
    {
        var items = new List<PredictionItem>(Math.Min(rows, _waitingItems));
        List<PredictionItem>? skipped = null;
        int taken = 0;
        long bytes = 0, earliest = long.MaxValue, latest = long.MinValue;
        while (TryPeekNeedsLock(out var item))
        {
            var fits = items.Count == 0 || (taken + item.Rows <= rows && bytes + item.Bytes <= _maxBytes && !_single);
            if (!fits)
            {
                break;
            }

            _waiting.Dequeue();
            if (item.Compatibility != head.Compatibility)
            {
                (skipped ??= []).Add(item);
                continue;
            }

            var deadlines = item.Deadlines();
            LeaveQueueNeedsLock(item, ItemState.Dispatched);
            item.Attempts++;
            items.Add(item);
            taken += item.Rows;
            bytes += item.Bytes;
            earliest = Math.Min(earliest, deadlines.Earliest);
            latest = Math.Max(latest, deadlines.Latest);
        }

        foreach (var item in skipped ?? [])
        {
            PushNeedsLock(item, item.Deadlines().Earliest);
        }

        var batch = new Batch(items, taken, now, earliest, latest);
        _out.Add(batch);
        _lastDispatch = now;
        _holdUntil = long.MaxValue;
        return batch;
    }

    private bool TryPeekNeedsLock(out PredictionItem item)
    {
        while (_waiting.TryPeek(out item!, out _))
        {
            if (item.State == ItemState.Waiting)
            {
                return true;
            }

            _waiting.Dequeue();
        }

        return false;
    }

    private void DropHeadNeedsLock(PredictionItem head)
    {
        _waiting.Dequeue();
        LeaveQueueNeedsLock(head, ItemState.Done);
        _dropped.Enqueue(head);
    }

    /// <summary>Ends what was given up under the lock; after every section that may have.</summary>
    private void FinishDropped()
    {
        while (true)
        {
            PredictionItem? item;
            lock (_lock)
            {
                if (!_dropped.TryDequeue(out item))
                {
                    return;
                }
            }

            item.Complete(_missed);
            Dropped?.Invoke(item);
        }
    }

    private void ExpireNeedsLock(long now, List<PredictionItem> dropped)
    {
        while (_waiting.TryPeek(out var item, out var key) && key.Deadline <= now)
        {
            _waiting.Dequeue();
            if (item.State == ItemState.Waiting)
            {
                ExpireWaitingNeedsLock(item, now, dropped);
            }
        }

        foreach (var item in _alone)
        {
            if (item.State == ItemState.Waiting && !item.Expire(now, _missed))
            {
                LeaveQueueNeedsLock(item, ItemState.Done);
                dropped.Add(item);
            }
        }

        foreach (var batch in _out)
        {
            if (batch.Earliest > now)
            {
                continue;
            }

            batch.Earliest = long.MaxValue;
            foreach (var item in batch.Items)
            {
                item.Expire(now, _missed);
                batch.Earliest = Math.Min(batch.Earliest, item.Deadlines().Earliest);
            }
        }
    }

    private void ExpireWaitingNeedsLock(PredictionItem item, long now, List<PredictionItem> dropped)
    {
        if (item.Expire(now, _missed))
        {
            PushNeedsLock(item, item.Deadlines().Earliest);
        }
        else
        {
            LeaveQueueNeedsLock(item, ItemState.Done);
            dropped.Add(item);
        }
    }

    private void ArmNeedsLock(long at)
    {
        if (at >= _armedFor)
        {
            return;
        }

        // Timers tick in whole milliseconds; a shorter due time would fire early and again and again.
        _armedFor = at;
        var due = _time.GetElapsedTime(_time.GetTimestamp(), at);
        _timer.Change(TimeSpan.FromMilliseconds(Math.Max(1, Math.Ceiling(due.TotalMilliseconds))), Timeout.InfiniteTimeSpan);
    }

    private void RearmNeedsLock()
    {
        var next = _holdUntil;
        if (_waiting.TryPeek(out _, out var key))
        {
            next = Math.Min(next, key.Deadline);
        }

        foreach (var batch in _out)
        {
            next = Math.Min(next, batch.Earliest);
        }

        foreach (var item in _alone)
        {
            next = Math.Min(next, item.Deadlines().Earliest);
        }

        if (next != long.MaxValue)
        {
            ArmNeedsLock(next);
        }
    }

    private long ToTimestamps(TimeSpan span) => (long)(span.Ticks * ((double)_time.TimestampFrequency / TimeSpan.TicksPerSecond));
}
