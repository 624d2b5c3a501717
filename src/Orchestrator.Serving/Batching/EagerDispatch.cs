using Orchestrator.Serving.Profiling;

namespace Orchestrator.Serving.Batching;

/// <summary>
/// What the policies with a limit (<c>none</c>, <c>fixed</c>, <c>aimd</c>, <c>quantile</c>) have in common: take every request that is not hopeless; let no more
/// rows go than make the head's deadline; give a head up that is hopeless, or that would cost the others too much (Nexus, SOSP'19: early drop).
/// </summary>
internal static class EagerDispatch
{
    /// <summary>Added to the estimate before a request is given up as hopeless: what answering costs beyond the batch itself.</summary>
    public static readonly TimeSpan Margin = TimeSpan.FromMilliseconds(1);

    /// <summary>A smaller batch for a tight head must keep this share of the throughput, if more wait than a batch holds; otherwise the head is given up.</summary>
    public const double LeastEfficiency = 0.5;

    public static BatchVerdict Admit(in ArrivalView arrival, ILatencyEstimate profile) =>
        IsHopeless(arrival.Rows, arrival.Slack, arrival.IsAlone, profile) ? BatchVerdict.Infeasible : BatchVerdict.Accept;

    /// <summary>Delayed batching (Clipper, NSDI'17, section 4.3.2): a batch that is not full waits up to <paramref name="delay"/> for more.</summary>
    public static BatchDecision Decide(in QueueView queue, int limit, ILatencyEstimate profile, TimeSpan delay)
    {
        var hold = queue.Rows >= limit ? TimeSpan.Zero : delay - queue.HeadWaited;
        var latest = queue.HeadSlack - profile.Estimate(limit) - Margin;
        if (hold > TimeSpan.Zero && latest > TimeSpan.Zero)
        {
            return BatchDecision.HoldFor(hold < latest ? hold : latest);
        }

        return IsHopeless(queue.HeadRows, queue.HeadLatestSlack, queue.IsAlone, profile) ? BatchDecision.GiveUp(1) : Size(queue, limit, profile);
    }

    private static BatchDecision Size(in QueueView queue, int limit, ILatencyEstimate profile)
    {
        var rows = Math.Min(limit, queue.Rows);
        var slack = queue.HeadSlack - Margin;
        if (rows <= 1 || profile.Estimate(rows) <= slack)
        {
            return BatchDecision.Send(rows);
        }

        var fitting = profile.LargestRowsWithin(slack, rows);
        var efficiency = fitting / profile.Estimate(fitting).TotalSeconds / (rows / profile.Estimate(rows).TotalSeconds);
        return queue.Rows > limit && efficiency < LeastEfficiency ? BatchDecision.GiveUp(1) : BatchDecision.Send(fitting);
    }

    /// <summary>
    /// Whether giving the request up is better than trying it. Where a try would cost others their place, the careful estimate counts, and its distance from the median once
    /// more: under overload there is always another with more time, and whoever is tried and comes too late wasted a batch. Where nothing else waits it costs
    /// nobody anything, so only what was never once done in that time is given up: a single slow batch must not turn clients away from an idle replica.
    /// </summary>
    private static bool IsHopeless(int rows, TimeSpan slack, bool isAlone, ILatencyEstimate profile)
    {
        var careful = profile.Estimate(rows);
        var need = isAlone ? profile.Fastest(rows) : careful + (careful - profile.Typical(rows));
        return need > TimeSpan.Zero && slack < need + Margin;
    }
}
