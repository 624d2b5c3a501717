using Orchestrator.Serving.Profiling;

namespace Orchestrator.Serving.Batching;

/// <summary>
/// <c>quantile</c>: the largest size whose high quantile of latency, fitted as a*rows + c over recent batches, stays within the budget (Clipper, NSDI'17,
/// section 4.3.1, quantile regression). Until two sizes were measured it doubles from 1, and it never goes beyond twice the largest batch that was seen.
/// </summary>
internal sealed class QuantileBatchPolicy : IBatchPolicy
{
    public string Name => "quantile";

    public int InitialLimit(in BatchBounds bounds) => 1;

    public int NextLimit(int limit, in BatchObservation observation, ILatencyEstimate profile, in BatchBounds bounds)
    {
        var explored = Math.Max(1, profile.LargestRows) * 2;
        var fitting = profile.BucketsMeasured >= 2
            ? profile.LargestRowsWithin(bounds.Budget, bounds.MaxRows)
            : observation.Duration < bounds.Budget ? explored : Math.Max(1, observation.Rows / 2);
        return Math.Clamp(Math.Min(fitting, explored), 1, bounds.MaxRows);
    }

    public BatchVerdict Admit(in ArrivalView arrival, ILatencyEstimate profile, in BatchBounds bounds) => EagerDispatch.Admit(arrival, profile);

    public BatchDecision Decide(in QueueView queue, int limit, IDeadlineOrder order, ILatencyEstimate profile, in BatchBounds bounds) => EagerDispatch.Decide(queue, limit, profile, bounds.Delay);
}
