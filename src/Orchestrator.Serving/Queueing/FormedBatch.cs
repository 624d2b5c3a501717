namespace Orchestrator.Serving.Queueing;

/// <summary>What leaves the queue together.</summary>
/// <param name="Items">At least one, all compatible.</param>
/// <param name="Rows">Sum of the items' rows.</param>
/// <param name="Earliest">Earliest deadline among them (timestamp).</param>
/// <param name="Latest">Latest deadline among them (timestamp).</param>
/// <param name="ExpectedEnd">When it should be back (timestamp); the scheduler wants it again then.</param>
internal readonly record struct FormedBatch<TItem>(List<TItem> Items, int Rows, long Earliest, long Latest, long ExpectedEnd)
    where TItem : QueuedItem;
