namespace Orchestrator.Serving.Batching;

/// <summary>What waits in the order of deadlines; looked up only where a decision needs it, for the further back the dearer.</summary>
public interface IDeadlineOrder
{
    /// <summary>Requests that wait.</summary>
    int Count { get; }

    /// <summary>Until the earliest deadline of those who wait for the request at <paramref name="index"/>, counted from the head.</summary>
    TimeSpan SlackAt(int index);
}
