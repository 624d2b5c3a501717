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
    /// <summary>Added to the estimate before an item is given up as hopeless: what answering costs beyond the batch itself.</summary>
    public static readonly TimeSpan Margin = TimeSpan.FromMilliseconds(1);

    /// <summary>
    /// After this long without a batch, one goes out however hopeless it looks. Without it a profile that a single slow batch has spoilt would drop everything
    /// for ever, and so never be measured again.
    /// </summary>
    public static readonly TimeSpan ProbeAfter = TimeSpan.FromMilliseconds(100);

    /// <summary>A smaller batch for a tight head must keep this share of the throughput, if more wait than a batch holds; otherwise the head is given up.</summary>
    public const double LeastEfficiency = 0.5;

    private readonly IBatchPolicy _policy;
    private readonly Timescale _scale;
    private readonly long _margin;
    private readonly long _probeAfter;
    private readonly bool _single;
    private long _lastDispatch;

    public BatchScheduler(IBatchPolicy policy, LatencyProfile profile, Timescale scale, long now)
    {
        _policy = policy;
        _single = policy is NoBatchPolicy;
        _scale = scale;
        _margin = scale.ToTimestamps(Margin);
        _probeAfter = scale.ToTimestamps(ProbeAfter);
        _lastDispatch = now - _probeAfter;
        Profile = profile;
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

    /// <summary>Takes an item in, unless it is hopeless or nobody has room for it.</summary>
    public QueueAdmission Admit(TItem item, long now)
    {
        if (Waiting.Count >= Capacity)
        {
            return QueueAdmission.Full;
        }

        var deadline = item.Deadlines().Earliest;
        if (deadline <= now || (now - _lastDispatch < _probeAfter && IsHopeless(item, now, isAlone: Waiting.Count == 0)))
        {
            return QueueAdmission.Infeasible;
        }

        item.EnqueuedAt = now;
        Waiting.Join(item, deadline);
        return QueueAdmission.Accepted;
    }

    /// <summary>The batch that an idle replica should get now. False: nothing waits, or it is held until <see cref="HoldUntil"/>.</summary>
    /// <param name="limit">Rows the policy allows that replica.</param>
    /// <param name="bounds">Settings of the model version.</param>
    /// <param name="now">Timestamp.</param>
    /// <param name="batch">The batch; its items no longer wait.</param>
    public bool TryForm(int limit, in BatchBounds bounds, long now, out FormedBatch<TItem> batch)
    {
        if (Waiting.TryPopAlone(out var alone))
        {
            batch = SendAlone(alone, now);
            return true;
        }

        limit = Math.Clamp(limit, 1, Math.Max(1, bounds.MaxRows));
        while (Waiting.TryPeek(out var head))
        {
            var (earliest, latest) = head.Deadlines();
            if (earliest > latest)
            {
                // Everybody left between the look at the heap and now; whoever left last takes it out.
                Waiting.Pop();
                GiveUp(head);
                continue;
            }

            var hold = Hold(head, earliest, limit, bounds, now);
            if (hold > now)
            {
                HoldUntil = hold;
                break;
            }

            if (!TrySize(head, earliest, limit, now, out var rows))
            {
                Waiting.Pop();
                GiveUp(head);
                continue;
            }

            batch = Collect(head, rows, now);
            return true;
        }

        batch = default;
        return false;
    }

    /// <summary>An item that waited does so no longer, and gets no result.</summary>
    public void GiveUp(TItem item)
    {
        Waiting.Leave(item, ItemState.Done);
        GivenUp.Enqueue(item);
    }

    /// <summary>When <paramref name="loops"/> replica loops should have worked off what waits; at least a millisecond.</summary>
    public TimeSpan EstimateDrain(int loops)
    {
        var size = Math.Max(1, Profile.LargestRows);
        var batches = Math.Ceiling((double)Waiting.Rows / size / Math.Max(1, loops));
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

    private FormedBatch<TItem> SendAlone(TItem item, long now)
    {
        var (earliest, latest) = item.Deadlines();
        Waiting.Leave(item, ItemState.Dispatched);
        item.Attempts++;
        _lastDispatch = now;
        return new FormedBatch<TItem>([item], item.Rows, earliest, latest);
    }

    /// <summary>When the batch may leave; never so late that the head would miss its deadline by it.</summary>
    private long Hold(TItem head, long earliest, int limit, in BatchBounds bounds, long now)
    {
        var hold = _policy.Hold(Waiting.Rows, limit, _scale.ToSpan(now - head.EnqueuedAt), bounds);
        return hold <= TimeSpan.Zero ? now : Math.Min(now + _scale.ToTimestamps(hold), earliest - _scale.ToTimestamps(Profile.Estimate(limit)) - _margin);
    }

    /// <summary>How many rows may go with this head; false: the head has no hope, or costs the others too much.</summary>
    private bool TrySize(TItem head, long earliest, int limit, long now, out int rows)
    {
        rows = Math.Min(limit, Waiting.Rows);
        if (now - _lastDispatch >= _probeAfter)
        {
            return true;
        }

        if (IsHopeless(head, now, isAlone: Waiting.Count == 1))
        {
            return false;
        }

        var slack = _scale.ToSpan(earliest - now) - Margin;
        if (rows <= 1 || Profile.Estimate(rows) <= slack)
        {
            return true;
        }

        var fitting = Profile.LargestRowsWithin(slack, rows);
        var efficiency = fitting / Profile.Estimate(fitting).TotalSeconds / (rows / Profile.Estimate(rows).TotalSeconds);
        if (Waiting.Rows > limit && efficiency < LeastEfficiency)
        {
            return false;
        }

        rows = fitting;
        return true;
    }

    /// <summary>
    /// Whether giving the item up is better than trying it. The careful estimate counts where a try would cost others their place. Where nothing else waits it costs
    /// nobody anything, so only what was never once done in that time is given up: a single slow batch must not turn clients away from an idle replica.
    /// </summary>
    private bool IsHopeless(TItem item, long now, bool isAlone)
    {
        var need = isAlone ? Profile.Fastest(item.Rows) : Profile.Estimate(item.Rows);
        return need > TimeSpan.Zero && item.Deadlines().Latest - now < _scale.ToTimestamps(need) + _margin;
    }

    private FormedBatch<TItem> Collect(TItem head, int rows, long now)
    {
        var items = new List<TItem>(Math.Min(rows, Waiting.Count));
        List<TItem>? skipped = null;
        var taken = 0;
        long bytes = 0, earliest = long.MaxValue, latest = long.MinValue;
        while (Waiting.TryPeek(out var item))
        {
            var fits = items.Count == 0 || (taken + item.Rows <= rows && bytes + item.Bytes <= MaxBytes && !_single);
            if (!fits)
            {
                break;
            }

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

        _lastDispatch = now;
        HoldUntil = long.MaxValue;
        return new FormedBatch<TItem>(items, taken, earliest, latest);
    }
}
