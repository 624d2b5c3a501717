using Microsoft.Extensions.Logging;
using Orchestrator.Core.Runtime;
using Orchestrator.Docker.Engine;
using Orchestrator.Docker.Images;
using Orchestrator.Docker.Lifetime;
using Orchestrator.Docker.Running;
using Orchestrator.Docker.Surroundings;

namespace Orchestrator.Docker;

/// <summary>
/// Runs containers under a Docker engine. They live on when this process is killed, and are known again by their labels; nothing without the label of this state folder is
/// ever touched. An engine that does not answer is asked again with the next call.
/// </summary>
public sealed class DockerContainerRuntime : IContainerRuntime, IAsyncDisposable
{
    /// <summary>Value of <c>runtime:</c> in a cluster file.</summary>
    public const string RuntimeName = "docker";

    private readonly DockerRuntimeOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger<DockerContainerRuntime> _logger;
    private readonly EngineClient _engine;
    private readonly ExitFeed _exits = new();
    private readonly EndedContainers _ended;
    private readonly SemaphoreSlim _preparing = new(1);
    private DockerParts? _parts;

    /// <summary>Does nothing yet: the engine is asked with the first call.</summary>
    /// <exception cref="ContainerStartException">DOCKER_HOST and its like name no engine that can be used.</exception>
    public DockerContainerRuntime(DockerRuntimeOptions options, TimeProvider time, ILogger<DockerContainerRuntime> logger)
        : this(options, ReadEndpoint(), time, logger)
    {
    }

    internal DockerContainerRuntime(DockerRuntimeOptions options, EngineEndpoint endpoint, TimeProvider time, ILogger<DockerContainerRuntime> logger)
    {
        (_options, _time, _logger) = (options, time, logger);
        _engine = new EngineClient(endpoint, time);
        _ended = new EndedContainers(options.EndedLogs);
    }

    /// <inheritdoc/>
    public string Name => RuntimeName;

    /// <inheritdoc/>
    public bool ContainersOutliveIt => true;

    /// <inheritdoc/>
    public Task PrepareAsync(ContainerLaunch launch, IProgress<string> progress, CancellationToken cancellationToken) => CallAsync(
        launch.Replica.ToString(), parts => parts.Images.RequireAsync(ContainerStarter.ImageOf(launch.Spec, _options), progress, cancellationToken), cancellationToken);

    /// <inheritdoc/>
    public Task<ContainerInfo> StartAsync(ContainerLaunch launch, CancellationToken cancellationToken) =>
        CallAsync(launch.Replica.ToString(), parts => parts.Starter.StartAsync(launch, cancellationToken), cancellationToken);

    /// <inheritdoc/>
    public Task StopAsync(string containerId, TimeSpan grace, CancellationToken cancellationToken) =>
        CallAsync(containerId, parts => StopAsync(parts, containerId, grace, cancellationToken), cancellationToken);

    /// <inheritdoc/>
    public Task<IReadOnlyList<ContainerInfo>> ListAsync(CancellationToken cancellationToken) =>
        CallAsync("list", parts => ListAsync(parts, cancellationToken), cancellationToken);

    /// <inheritdoc/>
    public Task<IReadOnlyDictionary<string, ContainerUsage>> ReadUsageAsync(CancellationToken cancellationToken) =>
        CallAsync("usage", parts => parts.Usage.ReadAsync(parts.Loop.Running, cancellationToken), cancellationToken);

    /// <inheritdoc/>
    public IAsyncEnumerable<ContainerExit> WatchExitsAsync(CancellationToken cancellationToken) => _exits.Watch(cancellationToken);

    /// <inheritdoc/>
    public async IAsyncEnumerable<string> ReadLogAsync(
        string containerId, int tail, bool follow, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        if (_ended.LinesOf(containerId) is { } lines)
        {
            foreach (var line in lines.TakeLast(tail))
            {
                yield return line;
            }

            yield break;
        }

        await using var reading = LogLines.ReadAsync(_engine.Containers.ReadLogsAsync(containerId, tail, follow, cancellationToken), cancellationToken).GetAsyncEnumerator(cancellationToken);
        while (await MoveNextAsync(reading))
        {
            yield return reading.Current;
        }
    }

    /// <summary>Stops listening. Containers are left as they are: whoever wants them ended has stopped them.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_parts is { } parts)
        {
            await parts.Loop.DisposeAsync();
        }

        _engine.Dispose();
        _preparing.Dispose();
    }

    private async ValueTask<bool> MoveNextAsync(IAsyncEnumerator<string> lines)
    {
        try
        {
            return await lines.MoveNextAsync();
        }
        catch (EngineException exception) when (exception.IsNotFound)
        {
            // Unknown: nothing to read.
            return false;
        }
        catch (EngineUnreachableException exception)
        {
            throw Unavailable(exception);
        }
    }

    private static async Task<bool> StopAsync(DockerParts parts, string id, TimeSpan grace, CancellationToken cancellationToken)
    {
        ContainerDetails details;
        try
        {
            details = await parts.Engine.Containers.InspectAsync(id, cancellationToken);
        }
        catch (EngineException exception) when (exception.IsNotFound)
        {
            return false;
        }

        // Only our own, whatever id comes along.
        if (details.Config?.Labels is not { } labels || labels.GetValueOrDefault(ContainerLabels.State) != parts.StateId || ContainerLabels.ReadReplica(labels) is not { } replica)
        {
            return false;
        }

        await parts.Engine.Containers.StopAsync(id, grace, cancellationToken);
        await parts.Loop.EndAsync(id, replica, exitCode: null);
        return true;
    }

    private static async Task<IReadOnlyList<ContainerInfo>> ListAsync(DockerParts parts, CancellationToken cancellationToken)
    {
        var running = await parts.Engine.Containers.ListAsync(all: false, ContainerLabels.FilterOf(parts.StateId), cancellationToken);
        var infos = running.Where(c => !parts.Endings.IsTold(c.Id)).Select(ContainerInfoMapper.Map).OfType<ContainerInfo>().ToList();
        infos.ForEach(i => parts.Loop.Expect(i.ContainerId, i.Replica));
        return infos;
    }

    /// <summary>A call of the port: with everything prepared, and with the engine's failures in the port's terms.</summary>
    private async Task<T> CallAsync<T>(string what, Func<DockerParts, Task<T>> call, CancellationToken cancellationToken)
    {
        try
        {
            return await call(await PartsAsync(cancellationToken));
        }
        catch (EngineUnreachableException exception)
        {
            throw Unavailable(exception);
        }
        catch (EngineException exception)
        {
            throw new ContainerStartException($"{what}: {exception.EngineMessage}", exception);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new ContainerStartException($"{exception.Message} (work folder {_options.WorkFolder}; is the disk full or the folder another user's?)", exception);
        }
    }

    private RuntimeUnavailableException Unavailable(EngineUnreachableException exception)
    {
        var fate = Volatile.Read(ref _parts) switch
        {
            null => "",
            { HasLiveRestore: true } => "; its containers go on without it (live-restore)",
            _ => "; it has no live-restore: if it was stopped, its containers ended with it and are replaced once it is back",
        };
        return new RuntimeUnavailableException(exception.Message + fate, exception);
    }

    private async Task<DockerParts> PartsAsync(CancellationToken cancellationToken)
    {
        if (Volatile.Read(ref _parts) is { } ready)
        {
            return ready;
        }

        await _preparing.WaitAsync(cancellationToken);
        try
        {
            return _parts ??= await DockerParts.CreateAsync(_engine, _options, new DockerFeeds(_exits, _ended), _time, _logger, cancellationToken);
        }
        finally
        {
            _preparing.Release();
        }
    }

    private static EngineEndpoint ReadEndpoint()
    {
        try
        {
            return EngineEndpointReader.Read(Environment.GetEnvironmentVariable);
        }
        catch (EngineEndpointException exception)
        {
            throw new ContainerStartException(exception.Message, exception);
        }
    }
}
