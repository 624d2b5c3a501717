using Orchestrator.Control.Replicas;
using Orchestrator.Core;
using Orchestrator.Core.Admin;
using Orchestrator.Core.Cluster;
using Orchestrator.Core.Registry;

namespace Orchestrator.Control.Rollout;

/// <summary>All that a rollout policy may know of one model at one moment. Immutable; times are on the reconciler's monotonic clock.</summary>
internal sealed record RolloutView
{
    /// <summary>Name of the model.</summary>
    public required string Name { get; init; }

    /// <summary>What is wanted; null: the model was removed, or everything shall end.</summary>
    public ModelSpec? Spec { get; init; }

    /// <summary>What was reached.</summary>
    public ModelObservation Observed { get; init; } = new();

    /// <summary>Versions that applications name.</summary>
    public IReadOnlySet<string> Pinned { get; init; } = new HashSet<string>();

    /// <summary>The swap that frontends still have to acknowledge; null: none.</summary>
    public SwapView? Swap { get; init; }

    /// <summary>Every replica of the model that is known.</summary>
    public IReadOnlyList<ReplicaView> Replicas { get; init; } = [];

    /// <summary>Of places in which a replica died.</summary>
    public IReadOnlyDictionary<(string Version, int Slot), RestartHistory> Slots { get; init; } = new Dictionary<(string, int), RestartHistory>();

    /// <summary>Of versions with failures since their last Ready replica.</summary>
    public IReadOnlyDictionary<string, VersionHistory> Failures { get; init; } = new Dictionary<string, VersionHistory>();

    /// <summary>The frontends.</summary>
    public FrontendsView Frontends { get; init; }

    /// <summary>Now.</summary>
    public TimeSpan Now { get; init; }
}

/// <summary>A swap of the serving version that was decided.</summary>
/// <param name="From">The version that served before.</param>
/// <param name="Revision">The serving revision that carries it; null: not published yet.</param>
/// <param name="At">When that was published.</param>
internal sealed record SwapView(string From, long? Revision, TimeSpan At);

/// <summary>What the live frontends said together.</summary>
/// <param name="Count">How many report.</param>
/// <param name="Acknowledged">The oldest revision that one of them still uses.</param>
/// <param name="IsComplete">Whether these are all there can be; null: not known, and time limits decide.</param>
internal readonly record struct FrontendsView(int Count, long Acknowledged, bool? IsComplete = null)
{
    /// <summary>Whether all use a revision, as far as leases say; null: there are none.</summary>
    public bool? HaveAll(long revision) => IsComplete is { } complete ? complete && (Count == 0 || Acknowledged >= revision) : null;
}

/// <summary>A replica as a policy sees it.</summary>
internal sealed record ReplicaView
{
    public required ReplicaId Id { get; init; }

    public string Version => Id.ModelVersion.Version;

    /// <summary>Its place among the replicas of its version; during a rolling replacement two share one.</summary>
    public required int Slot { get; init; }

    public required ReplicaPhase Phase { get; init; }

    /// <summary>Runs with other settings than now wanted, or frontends say it fails: to be replaced as soon as its successor is Ready.</summary>
    public bool Outdated { get; init; }

    /// <summary>Computes something else than its version's name now means: must not answer.</summary>
    public bool Foreign { get; init; }

    /// <summary>Earliest start, for Pending.</summary>
    public TimeSpan NextAttempt { get; init; }

    /// <summary>Whether frontends ever knew it.</summary>
    public bool WasReady { get; init; }

    /// <summary>Serving revision that left it out, once Draining and published.</summary>
    public long? DrainRevision { get; init; }

    /// <summary>When that was published.</summary>
    public TimeSpan DrainPublishedAt { get; init; }

    /// <summary>Batches out, over all frontends.</summary>
    public int InFlight { get; init; }

    /// <summary>Whether a container of it may still run and nobody was asked to stop it.</summary>
    public bool NeedsStop { get; init; }
}
