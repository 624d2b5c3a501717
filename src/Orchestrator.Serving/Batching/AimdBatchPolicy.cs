using Orchestrator.Serving.Profiling;

namespace Orchestrator.Serving.Batching;

/// <summary>
/// <c>aimd</c>: additive increase, multiplicative decrease of the batch size with the constants of Clipper (NSDI'17, section 4.3.1). It differs in two
/// points: the limit rises only after a batch that was as large as the limit (a small batch says nothing about a larger one), and it aims at
/// <see cref="BatchBounds.Budget"/>, not at the whole SLO.
/// </summary>
internal sealed class AimdBatchPolicy : IBatchPolicy
{
    public const int Increase = 2;
    public const double Decrease = 0.9;

    /// <summary>Above this share of the budget the limit no longer rises.</summary>
    public const double RaiseBelow = 0.9;

    public string Name => "aimd";

    public int InitialLimit(in BatchBounds bounds) => 1;

    public int NextLimit(int limit, in BatchObservation observation, ILatencyEstimate profile, in BatchBounds bounds)
    {
        if (observation.Duration >= bounds.Budget)
        {
            return Math.Max(1, (int)Math.Floor(Decrease * Math.Min(limit, observation.Rows)));
        }

        if (observation.Rows < limit || observation.Duration >= bounds.Budget * RaiseBelow)
        {
            return limit;
        }

        return Math.Min(limit + Increase, bounds.MaxRows);
    }

    public BatchVerdict Admit(in ArrivalView arrival, ILatencyEstimate profile, in BatchBounds bounds) => EagerDispatch.Admit(arrival, profile);

    public BatchDecision Decide(in QueueView queue, int limit, IDeadlineOrder order, ILatencyEstimate profile, in BatchBounds bounds) => EagerDispatch.Decide(queue, limit, profile, bounds.Delay);
}
