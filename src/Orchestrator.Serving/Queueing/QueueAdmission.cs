namespace Orchestrator.Serving.Queueing;

/// <summary>What became of an item that was offered to a queue.</summary>
internal enum QueueAdmission
{
    /// <summary>The queue has it and will complete it.</summary>
    Accepted,
    /// <summary>The queue is full; the item stays the caller's.</summary>
    Full,
    /// <summary>No replica serves the version; the item stays the caller's.</summary>
    NoReplica,
    /// <summary>Behind the work ahead of it it would not be done by its deadline; the item stays the caller's.</summary>
    Shed,
    /// <summary>Even alone and at once it would not be done by its deadline; the item stays the caller's.</summary>
    Infeasible,
}
