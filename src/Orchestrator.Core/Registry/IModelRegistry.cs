using Orchestrator.Core.Cluster;

namespace Orchestrator.Core.Registry;

/// <summary>
/// Keeps the desired state as revisioned immutable snapshots, and what Control observed of it (port; disk, memory, Redis).
/// A write is durable when its task completes, and is all or nothing, also across a crash at any moment.
/// </summary>
public interface IModelRegistry
{
    /// <summary>The newest snapshot.</summary>
    ValueTask<RegistrySnapshot> ReadAsync(CancellationToken cancellationToken);

    /// <summary>Replaces the desired state if the newest revision still is <paramref name="expectedRevision"/>.</summary>
    /// <returns>The new snapshot, its revision greater by one; null if another write came first (read again, decide again).</returns>
    /// <exception cref="RegistryException">The store cannot be written (full disk, lost connection); the old state stays.</exception>
    ValueTask<RegistrySnapshot?> TryWriteDesiredAsync(long expectedRevision, ClusterSpec desired, CancellationToken cancellationToken);

    /// <summary>Replaces the observed state; the reconciler is its only writer. Does not change the revision.</summary>
    /// <exception cref="RegistryException">As for <see cref="TryWriteDesiredAsync"/>.</exception>
    ValueTask WriteObservedAsync(ObservedState observed, CancellationToken cancellationToken);

    /// <summary>Completes as soon as the newest revision is greater than <paramref name="revision"/>; at once if it is already.</summary>
    Task WaitForChangeAsync(long revision, CancellationToken cancellationToken);
}

/// <summary>The state of the registry at one revision.</summary>
/// <param name="Revision">Counts the writes of desired state, from 0 (nothing was ever written).</param>
/// <param name="Desired">What the user asked for.</param>
/// <param name="Observed">What was reached.</param>
public sealed record RegistrySnapshot(long Revision, ClusterSpec Desired, ObservedState Observed)
{
    /// <summary>A registry that was never written.</summary>
    public static RegistrySnapshot Empty { get; } = new(0, ClusterSpec.Empty, ObservedState.Empty);
}

/// <summary>What must survive a restart of Control beside the desired state.</summary>
public sealed record ObservedState
{
    /// <summary>Per model name.</summary>
    public IReadOnlyDictionary<string, ModelObservation> Models { get; init; } = new Dictionary<string, ModelObservation>();

    /// <summary>Nothing observed yet.</summary>
    public static ObservedState Empty { get; } = new();
}

/// <summary>What was reached for one model.</summary>
public sealed record ModelObservation
{
    /// <summary>The version that plain calls go to; null before the first was ready.</summary>
    public string? ServingVersion { get; init; }

    /// <summary>The version that served before, where <c>rollback</c> without an argument goes; null if there was none.</summary>
    public string? PreviousVersion { get; init; }

    /// <summary>Why the current version of the spec does not serve (yet); null if it does.</summary>
    public string? RolloutFailure { get; init; }
}

/// <summary>The registry cannot be read or written; the message says where, why and what to do.</summary>
public sealed class RegistryException : Exception
{
    /// <inheritdoc/>
    public RegistryException(string message, Exception? innerException = null) : base(message, innerException) { }
}
