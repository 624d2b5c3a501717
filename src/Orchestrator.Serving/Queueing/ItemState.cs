namespace Orchestrator.Serving.Queueing;

/// <summary>Where an item is; changed only under its queue's lock.</summary>
internal enum ItemState
{
    /// <summary>Not in the queue yet.</summary>
    New,
    /// <summary>In the queue.</summary>
    Waiting,
    /// <summary>In a batch that is out.</summary>
    Dispatched,
    /// <summary>Nothing more happens to it.</summary>
    Done,
}
