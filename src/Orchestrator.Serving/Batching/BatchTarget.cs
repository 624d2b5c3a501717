using Orchestrator.Serving.Profiling;

namespace Orchestrator.Serving.Batching;

/// <summary>The batch size to aim at, and how careful estimates must be under the present load.</summary>
/// <param name="Rows">The largest size that fits the SLO, at least 1. A smaller one was tried (half the SLO; what keeps up with the load; what fills under overload): it never did better.</param>
/// <param name="Pressure">0: little load, 1: as much as can be done, or more.</param>
internal readonly record struct BatchTarget(int Rows, double Pressure)
{
    /// <summary>Of the load that can be done; below it there is no pressure.</summary>
    public const double Relaxed = 0.7;

    /// <summary>For the present load.</summary>
    /// <param name="arrivals">Rows per second and replica.</param>
    /// <param name="limit">Most rows.</param>
    /// <param name="profile">With at least one measurement.</param>
    /// <param name="bounds">Settings of the model version.</param>
    public static BatchTarget For(double arrivals, int limit, ILatencyEstimate profile, in BatchBounds bounds)
    {
        var rows = profile.LargestRowsWithin(bounds.Slo - profile.Slack, limit);
        var share = arrivals * profile.Typical(rows).TotalSeconds / rows;
        return new BatchTarget(rows, Math.Clamp((share - Relaxed) / (1 - Relaxed), 0, 1));
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
