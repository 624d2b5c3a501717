namespace Orchestrator.Serving.Queueing;

/// <summary>What leaves the queue together.</summary>
/// <param name="Items">At least one, all compatible.</param>
/// <param name="Rows">Sum of the items' rows.</param>
/// <param name="Earliest">Earliest deadline among them (timestamp).</param>
/// <param name="Latest">Latest deadline among them (timestamp).</param>
/// <param name="Duration">How long the replica should be busy with it (timestamps).</param>
/// <param name="ExpectedEnd">When it should be back (timestamp); the scheduler wants it again then.</param>
/// <param name="Before">Batches that come before it in its replica: with one or more it waits there for its turn.</param>
internal readonly record struct FormedBatch<TItem>(List<TItem> Items, int Rows, long Earliest, long Latest, long Duration, long ExpectedEnd, int Before)
    where TItem : QueuedItem
{
    public bool IsAhead => Before > 0;
}
