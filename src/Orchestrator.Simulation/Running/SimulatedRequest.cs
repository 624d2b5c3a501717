using Orchestrator.Serving.Queueing;

namespace Orchestrator.Simulation.Running;

/// <summary>One request in virtual time.</summary>
internal sealed class SimulatedRequest : QueuedItem
{
    private readonly long _shownDeadline;

    /// <param name="arrivedAt">Timestamp.</param>
    /// <param name="deadline">When its caller must have an answer (timestamp).</param>
    /// <param name="isDeadlineShown">False: the scheduler does not learn of it, which makes its order first come first served.</param>
    /// <param name="counts">Whether it is in the figures.</param>
    public SimulatedRequest(long arrivedAt, long deadline, bool isDeadlineShown, bool counts)
    {
        ArrivedAt = arrivedAt;
        Deadline = deadline;
        Counts = counts;
        _shownDeadline = isDeadlineShown ? deadline : long.MaxValue / 2;
    }

    public long ArrivedAt { get; }

    public long Deadline { get; }

    public bool Counts { get; }

    public override (long Earliest, long Latest) Deadlines() => (_shownDeadline, _shownDeadline);
}
