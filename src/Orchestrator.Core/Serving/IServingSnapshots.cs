namespace Orchestrator.Core.Serving;

/// <summary>Carries serving snapshots from Control to the frontends (port; in process, Redis).</summary>
public interface IServingSnapshots
{
    /// <summary>The newest snapshot.</summary>
    ServingSnapshot Current { get; }

    /// <summary>Control publishes; the revision must be greater than the current one.</summary>
    ValueTask PublishAsync(ServingSnapshot snapshot, CancellationToken cancellationToken);

    /// <summary>Completes as soon as <see cref="Current"/> is newer than <paramref name="revision"/>; at once if it is already.</summary>
    Task WaitForChangeAsync(long revision, CancellationToken cancellationToken);
}
