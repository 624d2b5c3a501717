namespace Orchestrator.Docker.Engine;

/// <summary>Answer of POST /containers/create.</summary>
internal sealed record ContainerCreated
{
    public string Id { get; init; } = "";

    public IReadOnlyList<string>? Warnings { get; init; }
}

/// <summary>An entry of GET /containers/json.</summary>
internal sealed record ContainerSummary
{
    public string Id { get; init; } = "";

    public IReadOnlyList<string>? Names { get; init; }

    public string? Image { get; init; }

    /// <summary><c>created</c>, <c>running</c>, <c>paused</c>, <c>restarting</c>, <c>removing</c>, <c>exited</c> or <c>dead</c>.</summary>
    public string? State { get; init; }

    /// <summary>Seconds since 1970.</summary>
    public long Created { get; init; }

    public IReadOnlyDictionary<string, string>? Labels { get; init; }

    public NetworkSettings? NetworkSettings { get; init; }

    public IReadOnlyList<PublishedPort>? Ports { get; init; }
}

/// <summary>A port of a container, and where it is published.</summary>
internal sealed record PublishedPort
{
    public string? IP { get; init; }

    public int PrivatePort { get; init; }

    /// <summary>0: not published.</summary>
    public int PublicPort { get; init; }
}

/// <summary>A container's networks by name.</summary>
internal sealed record NetworkSettings
{
    public IReadOnlyDictionary<string, EndpointState>? Networks { get; init; }
}

/// <summary>A container in a network.</summary>
internal sealed record EndpointState
{
    public string? IPAddress { get; init; }

    public string? NetworkID { get; init; }

    public IReadOnlyList<string>? Aliases { get; init; }
}

/// <summary>GET /containers/{id}/json, what is used of it.</summary>
internal sealed record ContainerDetails
{
    public string Id { get; init; } = "";

    public string? Name { get; init; }

    public string? Created { get; init; }

    public ContainerState? State { get; init; }

    public ContainerConfig? Config { get; init; }

    public NetworkDetails? NetworkSettings { get; init; }

    public IReadOnlyList<MountPoint>? Mounts { get; init; }
}

/// <summary>State of a container.</summary>
internal sealed record ContainerState
{
    public string? Status { get; init; }

    public bool Running { get; init; }

    /// <summary>Of its first process, on the engine's machine; 0: none runs.</summary>
    public int Pid { get; init; }

    public bool OOMKilled { get; init; }

    public int ExitCode { get; init; }

    /// <summary>Why it could not be started; empty otherwise.</summary>
    public string? Error { get; init; }

    /// <summary>RFC 3339 with nanoseconds.</summary>
    public string? StartedAt { get; init; }
}

/// <summary>What a container was made with.</summary>
internal sealed record ContainerConfig
{
    public string? Image { get; init; }

    public string? User { get; init; }

    public IReadOnlyDictionary<string, string>? Labels { get; init; }

    public IReadOnlyList<string>? Env { get; init; }
}

/// <summary>A container's networks and ports.</summary>
internal sealed record NetworkDetails
{
    public IReadOnlyDictionary<string, EndpointState>? Networks { get; init; }

    /// <summary>By <c>8080/tcp</c>; null: exposed, not published.</summary>
    public IReadOnlyDictionary<string, IReadOnlyList<PortBinding>?>? Ports { get; init; }
}

/// <summary>Something mounted into a container.</summary>
internal sealed record MountPoint
{
    /// <summary><c>bind</c>, <c>volume</c> or <c>tmpfs</c>.</summary>
    public string? Type { get; init; }

    /// <summary>Of a volume.</summary>
    public string? Name { get; init; }

    /// <summary>Path on the engine's machine.</summary>
    public string? Source { get; init; }

    /// <summary>Path in the container.</summary>
    public string? Destination { get; init; }
}

/// <summary>GET /containers/{id}/stats without streaming, what is used of it.</summary>
internal sealed record ContainerStats
{
    [System.Text.Json.Serialization.JsonPropertyName("cpu_stats")]
    public CpuStats? Cpu { get; init; }

    [System.Text.Json.Serialization.JsonPropertyName("memory_stats")]
    public MemoryStats? Memory { get; init; }
}

/// <summary>Processor time of a container.</summary>
internal sealed record CpuStats
{
    [System.Text.Json.Serialization.JsonPropertyName("cpu_usage")]
    public CpuUsage? Usage { get; init; }
}

/// <summary>Nanoseconds of processor time since the start.</summary>
internal sealed record CpuUsage([property: System.Text.Json.Serialization.JsonPropertyName("total_usage")] long TotalUsage);

/// <summary>Memory of a container, bytes.</summary>
internal sealed record MemoryStats
{
    [System.Text.Json.Serialization.JsonPropertyName("usage")]
    public long Usage { get; init; }

    [System.Text.Json.Serialization.JsonPropertyName("limit")]
    public ulong Limit { get; init; }

    /// <summary>Counters of the cgroup; names differ between its versions.</summary>
    [System.Text.Json.Serialization.JsonPropertyName("stats")]
    public IReadOnlyDictionary<string, ulong>? Counters { get; init; }
}
