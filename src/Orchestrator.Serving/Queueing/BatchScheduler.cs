using Orchestrator.Serving.Batching;
using Orchestrator.Serving.Profiling;

namespace Orchestrator.Serving.Queueing;

/// <summary>
/// Decides which of the waiting requests leave, when, and which have no hope; one per model version. It has neither lock nor clock nor timer: the live queue and
/// the simulator call it with the time of theirs, one call at a time, and so take the same decisions.
/// </summary>
internal sealed class BatchScheduler<TItem>
    where TItem : QueuedItem
{
    /// <summary>
    /// After this long without a batch, one goes out however hopeless it looks. Without it a profile that a single slow batch has spoilt would drop everything
    /// for ever, and so never be measured again.
    /// </summary>
    public static readonly TimeSpan ProbeAfter = TimeSpan.FromMilliseconds(100);

    private readonly IBatchPolicy _policy;
    private readonly Timescale _scale;
    private readonly ArrivalEstimate _arrivals;
    private readonly ReplicaOccupancy _out = new();
    private readonly DeadlineOrder<TItem> _order;
    private readonly long _probeAfter;
    private long _lastDispatch;
    private long _holdingSince = long.MaxValue;
    private int _limit = 1;
    private BatchBounds _bounds = new(1, TimeSpan.MaxValue, TimeSpan.Zero);

    public BatchScheduler(IBatchPolicy policy, LatencyProfile profile, Timescale scale, long now)
    {
        _policy = policy;
        _scale = scale;
        _arrivals = new ArrivalEstimate(scale, now);
        _probeAfter = scale.ToTimestamps(ProbeAfter);
        _lastDispatch = now - _probeAfter;
        Profile = profile;
        _order = new DeadlineOrder<TItem>(Waiting, scale);
    }

    public LatencyProfile Profile { get; }

    public WaitingItems<TItem> Waiting { get; } = new();

    /// <summary>Given up since the owner last emptied it; nobody has told those who wait for them.</summary>
    public Queue<TItem> GivenUp { get; } = new();

    /// <summary>When a held batch may leave (timestamp); max: none is held.</summary>
    public long HoldUntil { get; private set; } = long.MaxValue;

    /// <summary>Most items that may wait.</summary>
    public int Capacity { get; set; }

    /// <summary>Most bytes in one batch.</summary>
    public long MaxBytes { get; set; }

    /// <summary>Replica loops that work on the queue.</summary>
    public int Replicas { get; set; }

    /// <summary>Takes an item in, unless nobody has room for it or its deadline cannot be met.</summary>
    public QueueAdmission Admit(TItem item, long now)
    {
        if (Waiting.Count >= Capacity)
        {
            return QueueAdmission.Full;
        }

        var deadline = item.Deadlines().Earliest;
        if (deadline <= now)
        {
            return QueueAdmission.Infeasible;
        }

        // Those that are turned away count: they came, and a batch waits for such as them.
        _arrivals.Arrived(item.Rows, Waiting.Rows + _out.Rows + item.Rows, now);
        var verdict = now - _lastDispatch >= _probeAfter ? BatchVerdict.Accept : _policy.Admit(ViewArrival(item, deadline, now), Profile, _bounds);
        if (verdict != BatchVerdict.Accept)
        {
            return verdict == BatchVerdict.Shed ? QueueAdmission.Shed : QueueAdmission.Infeasible;
        }

        item.EnqueuedAt = now;
        Waiting.Join(item, deadline);
        return QueueAdmission.Accepted;
    }

    /// <summary>
    /// The batch that a replica should get now; tell <see cref="CameBack"/> when it is back. False: nothing waits, or it is held until <see cref="HoldUntil"/>; or the replica
    /// is busy and whatever else comes until it is idle could go in the same batch.
    /// </summary>
    /// <param name="slot">Where it would go.</param>
    /// <param name="bounds">Settings of the model version.</param>
    /// <param name="batch">The batch; its items no longer wait.</param>
    public bool TryForm(in DispatchSlot slot, in BatchBounds bounds, out FormedBatch<TItem> batch)
    {
        _limit = Math.Clamp(slot.Limit, 1, Math.Max(1, bounds.MaxRows));
        _bounds = bounds;
        if (!slot.IsAhead && Waiting.TryPopAlone(out var alone))
        {
            var (earliest, latest) = alone.Deadlines();
            Waiting.Leave(alone, ItemState.Dispatched);
            alone.Attempts++;
            batch = Leave([alone], alone.Rows, earliest, latest, slot);
            return true;
        }

        while (Waiting.TryPeek(out var head))
        {
            var decision = Decide(head, slot);
            if (slot.IsAhead && !IsFull(decision, slot.Before))
            {
                break;
            }

            if (decision.Action == BatchAction.Send)
            {
                batch = Collect(head, decision.Rows, slot);
                return true;
            }

            if (decision.Action == BatchAction.Hold)
            {
                _holdingSince = Math.Min(_holdingSince, slot.Now);
                HoldUntil = slot.Now + _scale.ToTimestamps(decision.Hold);
                break;
            }

            for (var n = decision.Rows; n > 0 && Waiting.TryPeek(out head); n--)
            {
                Waiting.Pop();
                GiveUp(head);
            }
        }

        batch = default;
        return false;
    }

    /// <summary>A batch is back, whatever became of it.</summary>
    public void CameBack(int rows, bool isAhead, long duration, long expectedEnd, long now)
    {
        if (isAhead)
        {
            _out.CameBackAhead(rows, duration);
        }
        else
        {
            _out.CameBack(rows, expectedEnd);
        }

        _arrivals.Answered(rows, now);
    }

    /// <summary>A batch that went ahead has its turn.</summary>
    public void Began(long duration, long expectedEnd) => _out.Began(duration, expectedEnd);

    /// <summary>An item that waited does so no longer, and gets no result.</summary>
    public void GiveUp(TItem item)
    {
        Waiting.Leave(item, ItemState.Done);
        GivenUp.Enqueue(item);
    }

    /// <summary>When the replicas should have worked off what waits; at least a millisecond.</summary>
    public TimeSpan EstimateDrain()
    {
        var size = Math.Max(1, Profile.LargestRows);
        var batches = Math.Ceiling((double)Waiting.Rows / size / Math.Max(1, Replicas));
        return TimeSpan.FromTicks(Math.Max(TimeSpan.TicksPerMillisecond, (long)(batches * Profile.Estimate(size).Ticks)));
    }

    /// <summary>A hold that is over is forgotten.</summary>
    public void EndHold(long now)
    {
        if (HoldUntil <= now)
        {
            HoldUntil = long.MaxValue;
        }
    }

    private ArrivalView ViewArrival(TItem item, long deadline, long now) => new(
        item.Rows, _scale.ToSpan(deadline - now), Waiting.Count == 0, Waiting.RowsBefore(deadline), Math.Max(1, Replicas), _scale.ToSpan(_out.FirstFree(Replicas, now)), _limit, _arrivals.Rate(now));

    /// <summary>
    /// Whether a batch for a busy replica would be none the larger for waiting until it is idle; giving up who has no hope is as well done now. Behind a batch that waits there
    /// already it must be full to the limit: one that is small because it would come late there may come in time, and larger, elsewhere or later.
    /// </summary>
    private bool IsFull(in BatchDecision decision, int before) => decision.Action switch
    {
        BatchAction.Send => decision.Rows >= _limit || (before == 1 && decision.Rows < Waiting.Rows),
        BatchAction.GiveUp => before == 1,
        _ => false,
    };

    private BatchDecision Decide(TItem head, in DispatchSlot slot)
    {
        var now = slot.Now;
        var (earliest, latest) = head.Deadlines();
        if (earliest > latest)
        {
            // Everybody left between the look at the heap and now; whoever left last takes it out.
            return BatchDecision.GiveUp(1);
        }

        var view = new QueueView(
            Waiting.Rows, head.Rows, Waiting.Count == 1, _scale.ToSpan(earliest - slot.StartsAt), _scale.ToSpan(latest - slot.StartsAt), _scale.ToSpan(now - head.EnqueuedAt), _scale.ToSpan(Math.Max(0, now - _holdingSince)),
            _arrivals.Rate(now), _arrivals.Missing(Waiting.Rows + _out.Rows, now),
            _arrivals.Echo(now), _scale.ToSpan(_arrivals.EchoLeft(now)), Replicas - _out.Batches > 1, Math.Max(1, Replicas));
        _order.Begin(slot.StartsAt);
        var decision = _policy.Decide(view, _limit, _order, Profile, _bounds);
        _order.End();
        var probes = !slot.IsAhead && decision.Action == BatchAction.GiveUp && now - _lastDispatch >= _probeAfter;
        return probes ? BatchDecision.Send(Math.Min(_limit, Waiting.Rows)) : decision;
    }

    private FormedBatch<TItem> Collect(TItem head, int rows, in DispatchSlot slot)
    {
        var items = new List<TItem>(Math.Min(rows, Waiting.Count));
        List<TItem>? skipped = null;
        var taken = 0;
        long bytes = 0, earliest = long.MaxValue, latest = long.MinValue;
        while (Waiting.TryPeek(out var item) && (items.Count == 0 || (taken + item.Rows <= rows && bytes + item.Bytes <= MaxBytes)))
        {
            Waiting.Pop();
            if (item.Compatibility != head.Compatibility)
            {
                (skipped ??= []).Add(item);
                continue;
            }

            var deadlines = item.Deadlines();
            Waiting.Leave(item, ItemState.Dispatched);
            item.Attempts++;
            items.Add(item);
            taken += item.Rows;
            bytes += item.Bytes;
            earliest = Math.Min(earliest, deadlines.Earliest);
            latest = Math.Max(latest, deadlines.Latest);
        }

        foreach (var item in skipped ?? [])
        {
            Waiting.Push(item, item.Deadlines().Earliest);
        }

        return Leave(items, taken, earliest, latest, slot);
    }

    private FormedBatch<TItem> Leave(List<TItem> items, int rows, long earliest, long latest, in DispatchSlot slot)
    {
        _lastDispatch = slot.Now;
        _holdingSince = long.MaxValue;
        HoldUntil = long.MaxValue;
        var duration = _scale.ToTimestamps(Profile.Typical(rows));
        if (slot.IsAhead)
        {
            _out.LeftAhead(rows, duration);
        }
        else
        {
            _out.Left(rows, slot.StartsAt + duration);
        }

        return new FormedBatch<TItem>(items, rows, earliest, latest, duration, slot.StartsAt + duration, slot.Before);
    }
}
