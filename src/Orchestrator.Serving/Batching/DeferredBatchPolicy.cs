using Orchestrator.Serving.Profiling;

namespace Orchestrator.Serving.Batching;

/// <summary>
/// <c>deferred</c>: the largest batch that the latency profile says every request in it survives; refuses at the door what the work ahead leaves no time for; gives up
/// the few that would cost the many; waits for a larger batch where that gets more done. How it came to be: docs/decisions/0005.
/// </summary>
internal sealed class DeferredBatchPolicy : IBatchPolicy
{
    /// <summary>A batch that has room waits at most this share of the time it needs itself.</summary>
    public const double MostHold = 0.25;

    /// <summary>Serving the tight ones first must keep this share of the throughput that giving them up would have; or nobody may be lost by it.</summary>
    public const double LeastEfficiency = 0.95;

    public string Name => "deferred";

    public bool MayBeCapped => true;

    public int InitialLimit(in BatchBounds bounds) => 1;

    /// <summary>Sizes are explored by doubling: the profile's line is not trusted beyond twice the largest batch it saw.</summary>
    public int NextLimit(int limit, in BatchObservation observation, ILatencyEstimate profile, in BatchBounds bounds) =>
        Math.Clamp(2 * Math.Max(profile.LargestRows, observation.Rows), 1, bounds.MaxRows);

    public BatchVerdict Admit(in ArrivalView arrival, ILatencyEstimate profile, in BatchBounds bounds)
    {
        if (profile.BucketsMeasured == 0)
        {
            return BatchVerdict.Accept;
        }

        var target = BatchTarget.For(arrival.Arrivals / arrival.Replicas, arrival.Limit, profile, bounds);
        if (arrival.IsAlone && arrival.FirstFree == TimeSpan.Zero)
        {
            return arrival.Slack < profile.Fastest(arrival.Rows) ? BatchVerdict.Infeasible : BatchVerdict.Accept;
        }

        if (arrival.Slack < target.Need(arrival.Rows, profile))
        {
            return BatchVerdict.Infeasible;
        }

        // It rides in the batch after those that the rows ahead fill, and what rides with it came before it. Under load those that come after it will join too.
        var full = arrival.RowsAhead / target.Rows;
        var wait = arrival.FirstFree + (full * profile.Typical(target.Rows) / arrival.Replicas);
        var with = (arrival.RowsAhead % target.Rows) + arrival.Rows;
        var joining = target.Pressure * arrival.Arrivals / arrival.Replicas * wait.TotalSeconds;
        var own = target.Need((int)Math.Max(with, Math.Min(target.Rows, with + joining)), profile);
        return wait + own > arrival.Slack ? BatchVerdict.Shed : BatchVerdict.Accept;
    }

    public BatchDecision Decide(in QueueView queue, int limit, IDeadlineOrder order, ILatencyEstimate profile, in BatchBounds bounds)
    {
        if (profile.BucketsMeasured == 0)
        {
            return BatchDecision.Send(Math.Min(limit, queue.Rows));
        }

        var target = BatchTarget.For(queue.Arrivals / queue.Replicas, limit, profile, bounds);
        // Where nothing else waits a try costs nobody anything: only what was never once done in the time left is given up.
        if (queue.HeadLatestSlack < (queue.IsAlone ? profile.Fastest(queue.HeadRows) : target.Need(queue.HeadRows, profile)))
        {
            return BatchDecision.GiveUp(1);
        }

        var wanted = Math.Min(target.Rows, queue.Rows);
        if (wanted > 1 && target.Need(wanted, profile) > queue.HeadSlack)
        {
            return Squeeze(queue, wanted, target, order, profile);
        }

        var hold = wanted < target.Rows ? Hold(queue, wanted, profile) : TimeSpan.Zero;
        return hold > TimeSpan.Zero ? BatchDecision.HoldFor(hold) : BatchDecision.Send(wanted);
    }

    /// <summary>
    /// The head is too tight for the batch that is wanted. Either a smaller one goes first and the others after it, or so many of the tightest are given up that a full
    /// batch can go at once: whichever gets more done per second, but nobody is given up if all that waits can be had without.
    /// </summary>
    private static BatchDecision Squeeze(in QueueView queue, int wanted, in BatchTarget target, IDeadlineOrder order, ILatencyEstimate profile)
    {
        var fitting = target.Fit(queue.HeadSlack, wanted, profile);
        var first = profile.Typical(fitting);
        var next = order.Count > fitting ? order.SlackAt(fitting) - first : TimeSpan.Zero;
        var rest = Math.Min(queue.Rows - fitting, target.Rows);
        var then = rest > 0 && next >= target.Need(1, profile) ? target.Fit(next, rest, profile) : 0;
        if (fitting + then >= queue.Rows)
        {
            return BatchDecision.Send(fitting);
        }

        var inTurn = (fitting + then) / (first + (then > 0 ? profile.Typical(then) : TimeSpan.Zero)).TotalSeconds;
        var (dropped, size) = FirstThatFits(queue, wanted, target, order, profile);
        var atOnce = size / profile.Typical(size).TotalSeconds;
        return dropped == 0 || inTurn >= LeastEfficiency * atOnce ? BatchDecision.Send(fitting) : BatchDecision.GiveUp(dropped);
    }

    /// <summary>The fewest that must be given up for a full batch of the others, and its size; slacks only grow along the order, so it is found by halving.</summary>
    private static (int Dropped, int Size) FirstThatFits(in QueueView queue, int wanted, in BatchTarget target, IDeadlineOrder order, ILatencyEstimate profile)
    {
        int low = 0, high = Math.Min(order.Count - 1, wanted);
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (target.Need(Math.Min(wanted, queue.Rows - middle), profile) <= order.SlackAt(middle))
            {
                high = middle;
            }
            else
            {
                low = middle + 1;
            }
        }

        return (low, Math.Max(1, target.Fit(order.SlackAt(low), Math.Min(wanted, queue.Rows - low), profile)));
    }

    private static TimeSpan Hold(in QueueView queue, int rows, ILatencyEstimate profile)
    {
        if (queue.OthersIdle)
        {
            return TimeSpan.Zero;
        }

        var cap = (profile.Estimate(rows) * MostHold) - queue.Held;
        var free = queue.HeadSlack - profile.Estimate(rows + 1) - profile.Slack;
        var window = cap < free ? cap : free;
        if (window <= TimeSpan.Zero)
        {
            return TimeSpan.Zero;
        }

        // Callers that have just been answered and are wont to ask again at once come in the rest of the echo; all others at their usual rate, if any are left.
        if (queue.Echo >= 1 && queue.EchoLeft <= window && IsWorth(rows, queue.Echo, queue.EchoLeft, profile))
        {
            return queue.EchoLeft;
        }

        var expected = Math.Min(queue.Arrivals * window.TotalSeconds, queue.Missing);
        return expected >= 1 && IsWorth(rows, expected, window, profile) ? window : TimeSpan.Zero;
    }

    /// <summary>Whether more rows per second are done with the wait and what comes in it than without.</summary>
    private static bool IsWorth(int rows, double more, TimeSpan wait, ILatencyEstimate profile) =>
        (rows + more) / (wait + profile.Typical((int)(rows + more))).TotalSeconds > rows / profile.Typical(rows).TotalSeconds;
}
