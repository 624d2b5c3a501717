using Orchestrator.Control.Probing;
using Orchestrator.Core;
using Orchestrator.Core.Admin;
using Orchestrator.Core.Runtime;
using Orchestrator.Core.Serving;

namespace Orchestrator.Control.Replicas;

/// <summary>One replica as the reconciler knows it. Only its loop touches it.</summary>
internal sealed class Replica(ContainerLaunch launch, string identityHash, int slot)
{
    public ReplicaId Id => Launch.Replica;

    public ContainerLaunch Launch { get; } = launch;

    /// <summary>Hash of what it computes; <see cref="ContainerLaunch.SpecHash"/> covers how it is run, too.</summary>
    public string IdentityHash { get; } = identityHash;

    public int Slot { get; } = slot;

    public ReplicaPhase Phase { get; private set; } = ReplicaPhase.Pending;

    public DateTimeOffset Since { get; private set; }

    /// <summary>When the phase began, on the reconciler's clock.</summary>
    public TimeSpan PhaseAt { get; private set; }

    public string? Reason { get; set; }

    public IReadOnlyList<string> LastLogLines { get; set; } = [];

    public int Restarts { get; init; }

    /// <summary>Its container ran before this control plane did.</summary>
    public bool IsAdopted { get; init; }

    public TimeSpan NextAttempt { get; set; }

    public ContainerInfo? Container { get; set; }

    /// <summary>When the runtime said that it runs, on the reconciler's clock.</summary>
    public TimeSpan StartedAt { get; set; }

    /// <summary>The container is known to have ended.</summary>
    public bool ContainerGone { get; set; }

    /// <summary>The runtime was asked to stop it; false again if that failed.</summary>
    public bool StopRequested { get; set; }

    /// <summary>After a stop that failed: when to try again.</summary>
    public TimeSpan StopNotBefore { get; set; }

    /// <summary>Batches it answered, as frontends last reported.</summary>
    public long Batches { get; set; }

    /// <summary>When that number last grew.</summary>
    public TimeSpan? ProgressAt { get; set; }

    public ReplicaContract? Contract { get; set; }

    /// <summary>What frontends see, made once when it turned Ready.</summary>
    public ReplicaEndpoint? Endpoint { get; set; }

    /// <summary>Why it is to be replaced though it runs (frontends report failures); null: it is not.</summary>
    public string? Suspicion { get; set; }

    /// <summary>It drains because it failed: it ends Failed with this reason instead of Stopped.</summary>
    public string? DrainFailure { get; set; }

    public long? DrainRevision { get; set; }

    public TimeSpan DrainPublishedAt { get; set; }

    public ReplicaRun? Run { get; set; }

    public bool WasReady => Endpoint is not null;

    /// <summary>Whether a container of it may still run (or be about to) and nobody was asked to stop it.</summary>
    public bool NeedsStop(TimeSpan now) =>
        !ContainerGone && !StopRequested && StopNotBefore <= now && (Container is not null || Phase == ReplicaPhase.Draining);

    /// <summary>Moves on to <paramref name="phase"/>.</summary>
    /// <exception cref="InvalidOperationException">That phase cannot follow: a bug of the caller.</exception>
    public void Move(ReplicaPhase phase, TimeSpan now, DateTimeOffset at, string? reason = null)
    {
        if (!ReplicaLifecycle.CanMove(Phase, phase))
        {
            throw new InvalidOperationException($"Replica {Id} cannot turn from {Phase} to {phase}.");
        }

        (Phase, PhaseAt, Since, Reason) = (phase, now, at, reason);
    }

    /// <summary>When it was made.</summary>
    public void Begin(TimeSpan now, DateTimeOffset at) => (PhaseAt, Since) = (now, at);
}
