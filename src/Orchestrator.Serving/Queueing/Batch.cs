namespace Orchestrator.Serving.Queueing;

/// <summary>Items on their way through one replica together; owned by one replica loop from the moment it was handed out until it gave it back.</summary>
internal sealed class Batch(in FormedBatch<PredictionItem> formed, long dispatchedAt)
{
    /// <summary>At least one, all compatible.</summary>
    public IReadOnlyList<PredictionItem> Items { get; } = formed.Items;

    /// <summary>Sum of the items' rows.</summary>
    public int Rows { get; } = formed.Rows;

    /// <summary>When it left the queue (timestamp).</summary>
    public long DispatchedAt { get; } = dispatchedAt;

    /// <summary>Earliest deadline that has not been answered yet; the queue's deadline sweep moves it on, under its lock.</summary>
    public long Earliest { get; set; } = formed.Earliest;

    /// <summary>Latest deadline at dispatch: past it nobody who waited then still does.</summary>
    public long Latest { get; } = formed.Latest;

    /// <summary>When it should be back, by the profile (timestamp).</summary>
    public long ExpectedEnd { get; } = formed.ExpectedEnd;
}
