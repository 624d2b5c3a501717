namespace Orchestrator.Serving.Batching;

/// <summary>A request at the door, and the work that is ahead of it.</summary>
/// <param name="Rows">Its rows.</param>
/// <param name="Slack">Until its deadline.</param>
/// <param name="IsAlone">Whether nothing else waits.</param>
/// <param name="RowsAhead">Rows that wait and have earlier deadlines.</param>
/// <param name="Replicas">How many work on the queue, at least 1.</param>
/// <param name="FirstFree">Until one of them should be idle, by the profile; zero: one is.</param>
/// <param name="Limit">The limit that a replica asked with last, rows.</param>
/// <param name="Arrivals">Rows that arrive per second, of late.</param>
public readonly record struct ArrivalView(int Rows, TimeSpan Slack, bool IsAlone, int RowsAhead, int Replicas, TimeSpan FirstFree, int Limit, double Arrivals);

/// <summary>What becomes of a request at the door.</summary>
public enum BatchVerdict
{
    /// <summary>It is taken in.</summary>
    Accept,
    /// <summary>Even alone and at once it would not be done by its deadline.</summary>
    Infeasible,
    /// <summary>Behind the work ahead of it it would not be done by its deadline.</summary>
    Shed,
}
