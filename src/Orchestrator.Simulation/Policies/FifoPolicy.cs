using Orchestrator.Serving.Batching;
using Orchestrator.Serving.Profiling;

namespace Orchestrator.Simulation.Policies;

/// <summary>
/// <c>fifo</c>: what most servers of this field do, to compare with: first come first served, up to the maximum size, a wait if there is a delay, no look at
/// deadlines. It exists in the simulator only; there it gets requests without deadlines, so that nothing of the queue's own care for deadlines helps it.
/// </summary>
public sealed class FifoPolicy : IBatchPolicy
{
    /// <summary>Its name.</summary>
    public const string PolicyName = "fifo";

    /// <inheritdoc/>
    public string Name => PolicyName;

    /// <inheritdoc/>
    public int InitialLimit(in BatchBounds bounds) => bounds.MaxRows;

    /// <inheritdoc/>
    public int NextLimit(int limit, in BatchObservation observation, ILatencyEstimate profile, in BatchBounds bounds) => bounds.MaxRows;

    /// <inheritdoc/>
    public BatchVerdict Admit(in ArrivalView arrival, ILatencyEstimate profile, in BatchBounds bounds) => BatchVerdict.Accept;

    /// <inheritdoc/>
    public BatchDecision Decide(in QueueView queue, int limit, IDeadlineOrder order, ILatencyEstimate profile, in BatchBounds bounds) =>
        queue.Rows < limit && queue.HeadWaited < bounds.Delay ? BatchDecision.HoldFor(bounds.Delay - queue.HeadWaited) : BatchDecision.Send(Math.Min(limit, queue.Rows));
}
