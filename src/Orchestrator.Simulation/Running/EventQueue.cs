namespace Orchestrator.Simulation.Running;

/// <summary>What happens next in virtual time; of several at one moment the one that was planned first.</summary>
internal sealed class EventQueue
{
    private readonly PriorityQueue<SimulationEvent, (long At, long Planned)> _events = new();
    private long _planned;

    public void Plan(long at, in SimulationEvent planned) => _events.Enqueue(planned, (at, _planned++));

    public bool TryTake(out long at, out SimulationEvent next)
    {
        var any = _events.TryDequeue(out next, out var key);
        at = key.At;
        return any;
    }
}

/// <summary>The kinds of events.</summary>
internal enum EventKind
{
    /// <summary>A request arrives, and the next of its open loop is planned.</summary>
    Arrival,
    /// <summary>A caller of a closed loop asks again.</summary>
    Question,
    /// <summary>A batch is back.</summary>
    Completion,
    /// <summary>A held batch may leave.</summary>
    HoldEnds,
}

/// <summary>Something that happens.</summary>
/// <param name="Kind">What.</param>
/// <param name="Replica">For <see cref="EventKind.Completion"/>: whose batch.</param>
internal readonly record struct SimulationEvent(EventKind Kind, SimulatedReplica? Replica = null);
