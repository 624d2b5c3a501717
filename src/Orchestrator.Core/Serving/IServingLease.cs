namespace Orchestrator.Core.Serving;

/// <summary>Whether this frontend may believe the snapshot it serves (port; always in one process, a lease in Redis with several frontends).</summary>
public interface IServingLease
{
    /// <summary>
    /// True: no swap that this frontend does not know of can be complete. False: it may be; then only a replica that names its version in its answer is believed, and no answer
    /// comes from a cache. Read once per look-up and once per answer of a replica, so it must cost next to nothing.
    /// </summary>
    bool IsHeld { get; }
}

/// <summary>A frontend in the process of its control plane: what it serves is what there is.</summary>
public sealed class EmbeddedServingLease : IServingLease
{
    /// <inheritdoc/>
    public bool IsHeld => true;
}
