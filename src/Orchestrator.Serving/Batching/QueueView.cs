namespace Orchestrator.Serving.Batching;

/// <summary>What waits when a replica is idle.</summary>
/// <param name="Rows">Rows that wait, at least 1.</param>
/// <param name="HeadRows">Rows of the request with the earliest deadline.</param>
/// <param name="IsAlone">Whether nothing else waits.</param>
/// <param name="HeadSlack">Until the earliest deadline of those who wait for it.</param>
/// <param name="HeadLatestSlack">Until the latest of those: past it, answering it helps nobody.</param>
/// <param name="HeadWaited">How long it has waited.</param>
/// <param name="Held">How long the replica has been idle although something waits, because of holds.</param>
/// <param name="Arrivals">Rows that arrive per second, of late.</param>
/// <param name="Missing">Rows of callers that are likely to ask and have nothing under way: of late there were so many more under way than now.</param>
/// <param name="Echo">Rows that are expected in the next moments because callers were just answered who are wont to ask again at once.</param>
/// <param name="EchoLeft">How long those moments last.</param>
/// <param name="OthersIdle">Whether another replica is idle too.</param>
/// <param name="Replicas">How many work on the queue, at least 1.</param>
public readonly record struct QueueView(
    int Rows, int HeadRows, bool IsAlone, TimeSpan HeadSlack, TimeSpan HeadLatestSlack, TimeSpan HeadWaited, TimeSpan Held, double Arrivals, int Missing, double Echo, TimeSpan EchoLeft, bool OthersIdle, int Replicas);

/// <summary>What an idle replica does next.</summary>
public readonly record struct BatchDecision
{
    private BatchDecision(BatchAction action, int rows, TimeSpan hold) => (Action, Rows, Hold) = (action, rows, hold);

    /// <summary>What.</summary>
    public BatchAction Action { get; }

    /// <summary>For <see cref="BatchAction.Send"/>: most rows, at least 1; the head goes even if it has more. For <see cref="BatchAction.GiveUp"/>: requests.</summary>
    public int Rows { get; }

    /// <summary>For <see cref="BatchAction.Hold"/>: longest wait before the question is asked anew; it is asked at each arrival too.</summary>
    public TimeSpan Hold { get; }

    /// <summary>A batch of up to <paramref name="rows"/> rows leaves now.</summary>
    public static BatchDecision Send(int rows) => new(BatchAction.Send, Math.Max(1, rows), TimeSpan.Zero);

    /// <summary>Nothing leaves yet.</summary>
    public static BatchDecision HoldFor(TimeSpan hold) => new(BatchAction.Hold, 0, hold);

    /// <summary>The first <paramref name="requests"/> are dropped, then the question is asked about the next.</summary>
    public static BatchDecision GiveUp(int requests) => new(BatchAction.GiveUp, Math.Max(1, requests), TimeSpan.Zero);
}

/// <summary>The kinds of <see cref="BatchDecision"/>.</summary>
public enum BatchAction
{
    /// <summary>A batch leaves.</summary>
    Send,
    /// <summary>Nothing leaves yet.</summary>
    Hold,
    /// <summary>The first requests have no hope, or cost the others too much.</summary>
    GiveUp,
}
