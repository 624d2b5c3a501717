using Orchestrator.Serving.Batching;
using Orchestrator.Serving.Profiling;

namespace Orchestrator.Simulation.Policies;

/// <summary>
/// <c>fifo</c>: what most servers of this field do, to compare with: first come first served, up to the maximum size, a wait if there is a delay, no look at
/// deadlines. It exists in the simulator only; there it gets requests without deadlines, so that nothing of the queue's own care for deadlines helps it.
/// </summary>
internal sealed class FifoPolicy : IBatchPolicy
{
    public const string PolicyName = "fifo";

    public string Name => PolicyName;

    public int InitialLimit(in BatchBounds bounds) => bounds.MaxRows;

    public int NextLimit(int limit, in BatchObservation observation, ILatencyEstimate profile, in BatchBounds bounds) => bounds.MaxRows;

    public BatchVerdict Admit(in ArrivalView arrival, ILatencyEstimate profile, in BatchBounds bounds) => BatchVerdict.Accept;

    public BatchDecision Decide(in QueueView queue, int limit, IDeadlineOrder order, ILatencyEstimate profile, in BatchBounds bounds) =>
        queue.Rows < limit && queue.HeadWaited < bounds.Delay ? BatchDecision.HoldFor(bounds.Delay - queue.HeadWaited) : BatchDecision.Send(Math.Min(limit, queue.Rows));
}
