namespace Orchestrator.Docker.Engine;

/// <summary>
/// A client of the Docker Engine API: what this project needs of it, typed, from API 1.41 to the newest that both sides know. Operations are grouped as
/// Docker.DotNet groups them, so that it could take this one's place. Thread-safe; dispose it once.
/// </summary>
internal sealed class EngineClient : IDisposable
{
    private readonly EngineTransport _transport;

    public EngineClient(EngineEndpoint endpoint, TimeProvider time)
    {
        _transport = new EngineTransport(endpoint, time);
        System = new SystemOperations(_transport);
        Containers = new ContainerOperations(_transport);
        Images = new ImageOperations(_transport);
        Networks = new NetworkOperations(_transport);
    }

    /// <summary>Where the engine is.</summary>
    public EngineEndpoint Endpoint => _transport.Endpoint;

    /// <summary>The engine itself.</summary>
    public SystemOperations System { get; }

    /// <summary>Containers.</summary>
    public ContainerOperations Containers { get; }

    /// <summary>Images.</summary>
    public ImageOperations Images { get; }

    /// <summary>Networks.</summary>
    public NetworkOperations Networks { get; }

    /// <summary>The API version that is spoken; asks the engine the first time.</summary>
    public ValueTask<ApiVersion> VersionAsync(CancellationToken cancellationToken) => _transport.VersionAsync(cancellationToken);

    /// <inheritdoc/>
    public void Dispose() => _transport.Dispose();
}
