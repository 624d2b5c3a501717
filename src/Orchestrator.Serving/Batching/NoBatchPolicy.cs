using Orchestrator.Serving.Profiling;

namespace Orchestrator.Serving.Batching;

/// <summary><c>none</c>: each request is a batch of its own.</summary>
internal sealed class NoBatchPolicy : IBatchPolicy
{
    public string Name => "none";

    public int InitialLimit(in BatchBounds bounds) => 1;

    public int NextLimit(int limit, in BatchObservation observation, ILatencyEstimate profile, in BatchBounds bounds) => 1;

    public BatchVerdict Admit(in ArrivalView arrival, ILatencyEstimate profile, in BatchBounds bounds) => EagerDispatch.Admit(arrival, profile);

    public BatchDecision Decide(in QueueView queue, int limit, IDeadlineOrder order, ILatencyEstimate profile, in BatchBounds bounds) => EagerDispatch.Decide(queue, limit, profile, TimeSpan.Zero);
}
