using Orchestrator.Serving.Profiling;

namespace Orchestrator.Serving.Batching;

/// <summary><c>fixed</c>: up to <c>maxSize</c> rows; a batch that is not full waits up to <c>delay</c> (what most servers of this field do).</summary>
internal sealed class FixedBatchPolicy : IBatchPolicy
{
    public string Name => "fixed";

    public int InitialLimit(in BatchBounds bounds) => bounds.MaxRows;

    public int NextLimit(int limit, in BatchObservation observation, ILatencyEstimate profile, in BatchBounds bounds) => bounds.MaxRows;

    public BatchVerdict Admit(in ArrivalView arrival, ILatencyEstimate profile, in BatchBounds bounds) => EagerDispatch.Admit(arrival, profile);

    public BatchDecision Decide(in QueueView queue, int limit, IDeadlineOrder order, ILatencyEstimate profile, in BatchBounds bounds) => EagerDispatch.Decide(queue, limit, profile, bounds.Delay);
}
