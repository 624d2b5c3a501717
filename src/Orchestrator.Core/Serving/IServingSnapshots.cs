namespace Orchestrator.Core.Serving;

/// <summary>Carries serving snapshots from Control to the frontends (port; in process, Redis).</summary>
public interface IServingSnapshots
{
    /// <summary>The newest snapshot.</summary>
    ServingSnapshot Current { get; }

    /// <summary>Afterwards <see cref="Current"/> is at least what frontends may have had when this was called first; Control asks for it before it numbers its first publication.</summary>
    ValueTask RefreshAsync(CancellationToken cancellationToken) => ValueTask.CompletedTask;

    /// <summary>Control publishes; the revision must be greater than the current one.</summary>
    ValueTask PublishAsync(ServingSnapshot snapshot, CancellationToken cancellationToken);

    /// <summary>Completes as soon as <see cref="Current"/> is newer than <paramref name="revision"/>; at once if it is already.</summary>
    Task WaitForChangeAsync(long revision, CancellationToken cancellationToken);
}
