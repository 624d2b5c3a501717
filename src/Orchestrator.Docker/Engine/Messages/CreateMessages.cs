namespace Orchestrator.Docker.Engine;

/// <summary>Body of POST /containers/create; null is left out.</summary>
internal sealed record CreateContainerRequest
{
    public required string Image { get; init; }

    public IReadOnlyList<string>? Cmd { get; init; }

    public IReadOnlyList<string>? Entrypoint { get; init; }

    public IReadOnlyList<string>? Env { get; init; }

    public string? User { get; init; }

    public string? WorkingDir { get; init; }

    public IReadOnlyDictionary<string, string>? Labels { get; init; }

    public IReadOnlyDictionary<string, EmptyObject>? ExposedPorts { get; init; }

    public HealthCheck? Healthcheck { get; init; }

    public HostConfig? HostConfig { get; init; }

    public NetworkingConfig? NetworkingConfig { get; init; }
}

/// <summary>The engine's own health check of a container.</summary>
internal sealed record HealthCheck(IReadOnlyList<string> Test);

/// <summary><c>{}</c>.</summary>
internal sealed record EmptyObject;

/// <summary>How a container is run.</summary>
internal sealed record HostConfig
{
    public IReadOnlyList<Mount>? Mounts { get; init; }

    public IReadOnlyDictionary<string, string>? Tmpfs { get; init; }

    public string? NetworkMode { get; init; }

    public IReadOnlyDictionary<string, IReadOnlyList<PortBinding>>? PortBindings { get; init; }

    public bool? ReadonlyRootfs { get; init; }

    public IReadOnlyList<string>? CapDrop { get; init; }

    public IReadOnlyList<string>? SecurityOpt { get; init; }

    public bool? Privileged { get; init; }

    /// <summary>Bytes.</summary>
    public long? Memory { get; init; }

    /// <summary>Bytes of memory and swap together; equal to memory: no swap.</summary>
    public long? MemorySwap { get; init; }

    /// <summary>Billionths of a processor.</summary>
    public long? NanoCpus { get; init; }

    public long? PidsLimit { get; init; }

    public IReadOnlyList<DeviceRequest>? DeviceRequests { get; init; }

    public LogConfig? LogConfig { get; init; }

    public RestartPolicy? RestartPolicy { get; init; }
}

/// <summary>Something to mount.</summary>
internal sealed record Mount
{
    public required string Type { get; init; }

    public string? Source { get; init; }

    public required string Target { get; init; }

    public bool? ReadOnly { get; init; }

    public VolumeOptions? VolumeOptions { get; init; }
}

/// <summary>How a volume is mounted.</summary>
internal sealed record VolumeOptions
{
    /// <summary>The part of it that is mounted; from API 1.45.</summary>
    public string? Subpath { get; init; }
}

/// <summary>A port of the engine's machine that leads to one of a container.</summary>
internal sealed record PortBinding
{
    public string? HostIp { get; init; }

    /// <summary>Empty: any free one.</summary>
    public string? HostPort { get; init; }
}

/// <summary>Devices (GPUs) asked for.</summary>
internal sealed record DeviceRequest
{
    public string Driver { get; init; } = "";

    public int Count { get; init; }

    public IReadOnlyList<IReadOnlyList<string>>? Capabilities { get; init; }
}

/// <summary>Where the engine keeps a container's output.</summary>
internal sealed record LogConfig(string Type, IReadOnlyDictionary<string, string> Config);

/// <summary>Whether the engine restarts a container by itself.</summary>
internal sealed record RestartPolicy(string Name);

/// <summary>Networks of a new container by name.</summary>
internal sealed record NetworkingConfig(IReadOnlyDictionary<string, EndpointConfig> EndpointsConfig);

/// <summary>A new container in a network.</summary>
internal sealed record EndpointConfig(IReadOnlyList<string>? Aliases);
