using Orchestrator.Core.Cluster;
using Orchestrator.Core.Serving;

namespace Orchestrator.Core.Admin;

/// <summary>Desired against observed, as <c>GET /api/v1/status</c> shows it.</summary>
public sealed record ClusterStatus
{
    /// <summary>Name of the cluster.</summary>
    public required string Cluster { get; init; }

    /// <summary>Revision of the desired state.</summary>
    public long Revision { get; init; }

    /// <summary>Newest serving revision.</summary>
    public long ServingRevision { get; init; }

    /// <summary>The oldest serving revision that a query frontend still uses; null: none has reported.</summary>
    public long? AcknowledgedRevision { get; init; }

    /// <summary>Name of the container runtime.</summary>
    public string Runtime { get; init; } = "";

    /// <summary>Whether everything desired is reached: each current version serves with all its replicas Ready.</summary>
    public bool Settled { get; init; }

    /// <summary>What is wrong beyond single models (runtime unreachable, registry not writable), or null.</summary>
    public string? Problem { get; init; }

    /// <summary>Whether Redis is there; null: none is configured.</summary>
    public RedisStatus? Redis { get; init; }

    /// <summary>The models.</summary>
    public IReadOnlyList<ModelStatus> Models { get; init; } = [];

    /// <summary>The applications.</summary>
    public IReadOnlyList<ApplicationStatus> Applications { get; init; } = [];
}

/// <summary>A model.</summary>
public sealed record ModelStatus
{
    /// <summary>Its name.</summary>
    public required string Name { get; init; }

    /// <summary>The version wanted.</summary>
    public required string CurrentVersion { get; init; }

    /// <summary>The version that answers; null: none.</summary>
    public string? ServingVersion { get; init; }

    /// <summary>Where <c>rollback</c> would go; null: nowhere.</summary>
    public string? PreviousVersion { get; init; }

    /// <summary><c>serving</c>, <c>rolling out</c>, <c>degraded</c> (serves with fewer replicas than wanted), <c>failed</c> (rollout failed; an older version may serve), <c>unavailable</c>.</summary>
    public required string State { get; init; }

    /// <summary>Why it is in that state, for people; null when serving.</summary>
    public string? Reason { get; init; }

    /// <summary>Every known version.</summary>
    public IReadOnlyList<VersionStatus> Versions { get; init; } = [];
}

/// <summary>A version.</summary>
public sealed record VersionStatus
{
    /// <summary>Its spec.</summary>
    public required ModelVersionSpec Spec { get; init; }

    /// <summary>Whether containers of it are wanted now.</summary>
    public bool Live { get; init; }

    /// <summary>Inputs and outputs, once known.</summary>
    public ModelSignature? Signature { get; init; }

    /// <summary>Replicas that failed since one was last Ready: 0 while it works, growing while it is restarted in vain.</summary>
    public int FailedStarts { get; init; }

    /// <summary>Its replicas: all that are not Stopped, and the last failed one for its reason.</summary>
    public IReadOnlyList<ReplicaStatus> Replicas { get; init; } = [];
}

/// <summary>A replica.</summary>
public sealed record ReplicaStatus
{
    /// <summary>Instance part of its id.</summary>
    public required string Instance { get; init; }

    /// <summary>Where it is in its life.</summary>
    public required ReplicaPhase Phase { get; init; }

    /// <summary>Why, for Failed and Pending; for Starting what it waits for; null otherwise.</summary>
    public string? Reason { get; init; }

    /// <summary>Since when it is in that phase.</summary>
    public DateTimeOffset Since { get; init; }

    /// <summary>Runtime's id of the container; null before it runs.</summary>
    public string? ContainerId { get; init; }

    /// <summary>Image it was made from; null where there are none.</summary>
    public string? Image { get; init; }

    /// <summary>Processors it uses, averaged over the last seconds; null: not known.</summary>
    public double? Cpus { get; init; }

    /// <summary>Bytes of memory it holds; null: not known.</summary>
    public long? MemoryBytes { get; init; }

    /// <summary>The most it may hold; null: no limit, or not known.</summary>
    public long? MemoryLimitBytes { get; init; }

    /// <summary>Why the last one in its place ended; null: none did.</summary>
    public string? LastExit { get; init; }

    /// <summary>Where it answers; null before it runs.</summary>
    public string? Address { get; init; }

    /// <summary>Starts that were replacements of a dead replica in this place.</summary>
    public int Restarts { get; init; }

    /// <summary>When the next start is tried, while it waits for its back-off.</summary>
    public DateTimeOffset? NextAttempt { get; init; }

    /// <summary>Last log lines of a failed container.</summary>
    public IReadOnlyList<string> LastLogLines { get; init; } = [];

    /// <summary>Work and failures, summed over frontends; null before it was called.</summary>
    public ReplicaReport? Report { get; init; }
}

/// <summary>An application.</summary>
public sealed record ApplicationStatus
{
    /// <summary>Its spec.</summary>
    public required ApplicationSpec Spec { get; init; }

    /// <summary>Whether at least one of its models has a Ready replica.</summary>
    public bool Available { get; init; }
}

/// <summary>Something that happened, as <c>GET /api/v1/events</c> streams it.</summary>
/// <param name="Sequence">Grows by one with each event of this process.</param>
/// <param name="At">When.</param>
/// <param name="Kind"><c>replica</c>, <c>rollout</c>, <c>desired</c>, <c>problem</c>.</param>
/// <param name="Subject"><c>digits:2/ab12</c>, <c>digits</c>.</param>
/// <param name="Message">What happened, for people.</param>
public sealed record ClusterEvent(long Sequence, DateTimeOffset At, string Kind, string Subject, string Message);
