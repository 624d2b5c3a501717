using Orchestrator.Core.Cluster;

namespace Orchestrator.Core.Runtime;

/// <summary>Starts, stops, lists and watches containers (port; child processes, Docker, ...). Only the reconciler calls what changes something.</summary>
public interface IContainerRuntime
{
    /// <summary><c>process</c>, <c>docker</c>, ...; also the value of <c>runtime:</c> in a cluster file.</summary>
    string Name { get; }

    /// <summary>Whether containers live on when the orchestrator ends without ending them; the next one adopts them. False by default.</summary>
    bool ContainersOutliveIt => false;

    /// <summary>Gets what a start needs and may take minutes (a container image). Ready at once by default.</summary>
    /// <param name="launch">What is to be started.</param>
    /// <param name="progress">Told in words how far it is.</param>
    /// <param name="cancellationToken">Gives it up.</param>
    /// <exception cref="ContainerStartException">It cannot be had; the message says why and what to do.</exception>
    /// <exception cref="RuntimeUnavailableException">Nothing can be started now.</exception>
    Task PrepareAsync(ContainerLaunch launch, IProgress<string> progress, CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>Starts a container; returns as soon as it runs, long before it is ready.</summary>
    /// <exception cref="ContainerStartException">It cannot be started (unknown framework, missing interpreter, missing artefact); the message says why and what to do.</exception>
    /// <exception cref="RuntimeUnavailableException">Nothing can be started now.</exception>
    Task<ContainerInfo> StartAsync(ContainerLaunch launch, CancellationToken cancellationToken);

    /// <summary>Asks it to drain (SIGTERM), kills it when <paramref name="grace"/> is over, and completes when it and everything it started is gone. Unknown or ended: completes at once.</summary>
    Task StopAsync(string containerId, TimeSpan grace, CancellationToken cancellationToken);

    /// <summary>All containers of this cluster that run, whoever started them.</summary>
    Task<IReadOnlyList<ContainerInfo>> ListAsync(CancellationToken cancellationToken);

    /// <summary>What the containers of this cluster that run have used, by container id; one that cannot be asked is left out. Nothing by default.</summary>
    /// <exception cref="RuntimeUnavailableException">None can be asked now.</exception>
    Task<IReadOnlyDictionary<string, ContainerUsage>> ReadUsageAsync(CancellationToken cancellationToken) =>
        Task.FromResult<IReadOnlyDictionary<string, ContainerUsage>>(new Dictionary<string, ContainerUsage>());

    /// <summary>Ends of containers as they happen; never misses one that <see cref="ListAsync"/> showed running after the watch began. Ends only when cancelled.</summary>
    IAsyncEnumerable<ContainerExit> WatchExitsAsync(CancellationToken cancellationToken);

    /// <summary>Lines that the container wrote (both streams), oldest first: the last <paramref name="tail"/> ones, then with <paramref name="follow"/> new ones until it ends. Also works for a while after its end.</summary>
    /// <returns>Nothing for an unknown container.</returns>
    IAsyncEnumerable<string> ReadLogAsync(string containerId, int tail, bool follow, CancellationToken cancellationToken);
}

/// <summary>What a runtime needs to start a replica.</summary>
public sealed record ContainerLaunch
{
    /// <summary>Name of the cluster.</summary>
    public required string Cluster { get; init; }

    /// <summary>The replica this container will be.</summary>
    public required ReplicaId Replica { get; init; }

    /// <summary>The version's spec.</summary>
    public required ModelVersionSpec Spec { get; init; }

    /// <summary>From <see cref="SpecHash"/>; a container with another hash must be replaced.</summary>
    public required string SpecHash { get; init; }

    /// <summary>Where the artefact lies; null if the spec has none.</summary>
    public string? ArtefactPath { get; init; }
}

/// <summary>A running container.</summary>
public sealed record ContainerInfo
{
    /// <summary>The runtime's own id (for a process its process id, for Docker the container id).</summary>
    public required string ContainerId { get; init; }

    /// <summary>Which replica it is.</summary>
    public required ReplicaId Replica { get; init; }

    /// <summary>The hash it was started with.</summary>
    public required string SpecHash { get; init; }

    /// <summary>Where it answers.</summary>
    public required ContainerAddress Address { get; init; }

    /// <summary>When it was started.</summary>
    public required DateTimeOffset StartedAt { get; init; }

    /// <summary>The image it was made from; null where there are none.</summary>
    public string? Image { get; init; }
}

/// <summary>What a container has used.</summary>
/// <param name="CpuTime">Processor time since its start, over all processors.</param>
/// <param name="MemoryBytes">Memory that it holds now, without what the kernel only caches for it.</param>
/// <param name="MemoryLimitBytes">The most it may hold; null: no limit.</param>
public sealed record ContainerUsage(TimeSpan CpuTime, long MemoryBytes, long? MemoryLimitBytes);

/// <summary>Where a container answers HTTP.</summary>
/// <param name="Host">Host name or IP address; for a Unix socket any valid name.</param>
/// <param name="Port">TCP port; for a Unix socket 80.</param>
/// <param name="SocketPath">A Unix socket to connect to instead, or null.</param>
public sealed record ContainerAddress(string Host, int Port, string? SocketPath = null)
{
    /// <summary>Base address for HTTP, with trailing slash.</summary>
    public Uri BaseUri => new($"http://{Host}:{Port}/");

    /// <inheritdoc/>
    public override string ToString() => SocketPath is null ? $"{Host}:{Port}" : $"unix:{SocketPath}";
}

/// <summary>A container ended.</summary>
/// <param name="ContainerId">The runtime's id.</param>
/// <param name="Replica">Which replica it was.</param>
/// <param name="ExitCode">Exit code; 128 + signal when a signal ended it; null if unknown.</param>
/// <param name="Reason">For people: <c>exited with code 3</c>, <c>killed by signal 9 (SIGKILL)</c>, <c>out of memory</c>.</param>
/// <param name="LastLogLines">The last lines it wrote, oldest first, at most 20.</param>
public sealed record ContainerExit(string ContainerId, ReplicaId Replica, int? ExitCode, string Reason, IReadOnlyList<string> LastLogLines);

/// <summary>A container cannot be started; the message says why and what to do.</summary>
public sealed class ContainerStartException : Exception
{
    /// <inheritdoc/>
    public ContainerStartException(string message, Exception? innerException = null) : base(message, innerException) { }
}

/// <summary>The runtime cannot be reached (its engine is down); what runs may go on. The message says where it was looked for, and why it failed.</summary>
public sealed class RuntimeUnavailableException : Exception
{
    /// <inheritdoc/>
    public RuntimeUnavailableException(string message, Exception? innerException = null) : base(message, innerException) { }
}
