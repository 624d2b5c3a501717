using Orchestrator.Serving.Profiling;

namespace Orchestrator.Serving.Batching;

/// <summary>The batch size worth aiming at under the present load, and how careful estimates must be under it.</summary>
/// <param name="Rows">The size, at least 1.</param>
/// <param name="Pressure">0: little load, 1: as much as can be done, or more.</param>
internal readonly record struct BatchTarget(int Rows, double Pressure)
{
    /// <summary>Of the load that can be done; below it there is no pressure.</summary>
    public const double Relaxed = 0.7;

    /// <summary>A size sustains a load if it does this much more: queues in front of a replica without reserve grow.</summary>
    public const double Reserve = 1.1;

    /// <summary>
    /// The largest of three sizes. What leaves room for two batches in the SLO, for a request may arrive just after one left. What is needed to keep up with the load. And under
    /// overload, where only those can be taken that arrive late enough in the batch before theirs: what those fill.
    /// </summary>
    /// <param name="arrivals">Rows per second and replica.</param>
    /// <param name="limit">Most rows.</param>
    /// <param name="profile">With at least one measurement.</param>
    /// <param name="bounds">Settings of the model version.</param>
    public static BatchTarget For(double arrivals, int limit, ILatencyEstimate profile, in BatchBounds bounds)
    {
        var most = profile.LargestRowsWithin(bounds.Slo - profile.Slack, limit);
        var pressure = Math.Clamp(((arrivals * profile.Typical(most).TotalSeconds / most) - Relaxed) / (1 - Relaxed), 0, 1);
        var rows = profile.LargestRowsWithin(bounds.Budget - profile.Slack, most);
        var needed = arrivals * Reserve;
        for (var step = most - rows; rows < most && step > 0; step = (step + 1) / 2)
        {
            // Both conditions hold up to some size and not beyond: the largest is found by halving steps.
            var larger = Math.Min(most, rows + step);
            var left = bounds.Slo - profile.Estimate(larger) - profile.Slack;
            var isFilled = arrivals * left.TotalSeconds >= larger;
            var isNeeded = (larger - 1) / profile.Typical(larger - 1).TotalSeconds < needed;
            if (isFilled || isNeeded)
            {
                rows = larger;
            }

            if (step == 1)
            {
                break;
            }
        }

        // Without pressure there is nobody whom a larger batch would make wait: a burst may go as a whole.
        return new BatchTarget(most - (int)((most - rows) * pressure), pressure);
    }

    /// <summary>
    /// How long before its deadline a batch should leave. A request that is tried and comes too late costs nothing while there is little else to do: the median will do. Under
    /// pressure it takes the place of one that would have been in time: a high quantile.
    /// </summary>
    public TimeSpan Need(int rows, ILatencyEstimate profile)
    {
        var typical = profile.Typical(rows);
        return typical + ((profile.Estimate(rows) + profile.Slack - typical) * Pressure);
    }

    /// <summary>The most rows, between 1 and <paramref name="most"/>, that need at most <paramref name="slack"/>; 1 if none do.</summary>
    public int Fit(TimeSpan slack, int most, ILatencyEstimate profile)
    {
        int low = 1, high = Math.Max(1, most);
        while (low < high)
        {
            var middle = low + ((high - low + 1) / 2);
            if (Need(middle, profile) <= slack)
            {
                low = middle;
            }
            else
            {
                high = middle - 1;
            }
        }

        return low;
    }
}
