using Orchestrator.Core.Cluster;

namespace Orchestrator.Core.Admin;

/// <summary>What the admin API can ask of Control. Changes return when the desired state is durable, not when it is reached.</summary>
public interface IControlPlane
{
    /// <summary>Makes the desired state equal to <paramref name="desired"/>; equal already: nothing is written.</summary>
    /// <param name="desired">Artefacts named by digest and in the store.</param>
    /// <param name="mode">What becomes of models and applications that it does not name.</param>
    /// <param name="cancellationToken">Until the write has begun.</param>
    Task<ChangeOutcome> ApplyAsync(ClusterSpec desired, ApplyMode mode, CancellationToken cancellationToken);

    /// <summary>Validates and lists the changes that <see cref="ApplyAsync"/> would make; writes nothing.</summary>
    /// <param name="desired">Artefacts named by digest.</param>
    /// <param name="mode">What becomes of models and applications that it does not name.</param>
    /// <param name="willUpload">Digests that the caller would upload first: they count as in the store.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    Task<ChangeOutcome> PreviewAsync(ClusterSpec desired, ApplyMode mode, IReadOnlySet<string> willUpload, CancellationToken cancellationToken);

    /// <summary>Adds a version of a model (making the model if it is new) and, if asked, makes it current.</summary>
    Task<ChangeOutcome> DeployAsync(string model, DeployRequest request, CancellationToken cancellationToken);

    /// <summary>Makes an earlier version current.</summary>
    Task<ChangeOutcome> RollbackAsync(string model, string? version, CancellationToken cancellationToken);

    /// <summary>Changes the number of replicas.</summary>
    Task<ChangeOutcome> ScaleAsync(ModelVersionId id, int replicas, CancellationToken cancellationToken);

    /// <summary>Removes a model that no application uses.</summary>
    Task<ChangeOutcome> RemoveModelAsync(string model, CancellationToken cancellationToken);

    /// <summary>Removes a version that is neither current nor named by an application.</summary>
    Task<ChangeOutcome> RemoveVersionAsync(ModelVersionId id, CancellationToken cancellationToken);

    /// <summary>Creates an application or replaces it.</summary>
    Task<ChangeOutcome> PutApplicationAsync(ApplicationSpec application, CancellationToken cancellationToken);

    /// <summary>Removes an application.</summary>
    Task<ChangeOutcome> RemoveApplicationAsync(string application, CancellationToken cancellationToken);

    /// <summary>The desired state and its revision.</summary>
    ValueTask<(long Revision, ClusterSpec Desired)> ReadDesiredAsync(CancellationToken cancellationToken);

    /// <summary>Desired against observed, now.</summary>
    ClusterStatus Status { get; }

    /// <summary>Completes when <see cref="Status"/> changed after the call began.</summary>
    Task WaitForStatusChangeAsync(CancellationToken cancellationToken);

    /// <summary>What happened after <paramref name="since"/> (as far back as the last 1000 events are kept), then what happens, until cancelled.</summary>
    IAsyncEnumerable<ClusterEvent> WatchEventsAsync(long since, CancellationToken cancellationToken);

    /// <summary>Log lines of the containers of a version, each with its replica's instance; ended ones included for a while.</summary>
    /// <returns>Null for a version that is not known.</returns>
    IAsyncEnumerable<ContainerLogLine>? ReadLogs(ModelVersionId id, string? instance, int tail, bool follow, CancellationToken cancellationToken);
}

/// <summary>One line a container wrote.</summary>
public sealed record ContainerLogLine(string Instance, string Line);

/// <summary>What an apply makes of models and applications that its spec does not name.</summary>
public enum ApplyMode
{
    /// <summary>They are removed: the spec is all that is wanted.</summary>
    Whole,
    /// <summary>They stay as they are.</summary>
    KeepOthers,
}

/// <summary>How a change ended.</summary>
public enum ChangeKind
{
    /// <summary>Done, or nothing to do.</summary>
    Applied,
    /// <summary>The spec has mistakes (400).</summary>
    Invalid,
    /// <summary>No such model, version or application (404).</summary>
    Unknown,
    /// <summary>It contradicts what exists: an immutable version, something in use, nothing to roll back to (409).</summary>
    Conflict,
    /// <summary>The registry cannot be written (507).</summary>
    NotStored,
}

/// <summary>The end of a change.</summary>
/// <param name="Kind">How it ended.</param>
/// <param name="Result">For <see cref="ChangeKind.Applied"/>.</param>
/// <param name="Error">For every other kind.</param>
public sealed record ChangeOutcome(ChangeKind Kind, ApplyResult? Result, AdminError? Error);
