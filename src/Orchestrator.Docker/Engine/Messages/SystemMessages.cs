using System.Text.Json.Serialization;

namespace Orchestrator.Docker.Engine;

/// <summary>Body of an error answer.</summary>
internal sealed record EngineError([property: JsonPropertyName("message")] string? Message);

/// <summary>GET /version.</summary>
internal sealed record EngineVersion
{
    public string? Version { get; init; }

    public string? ApiVersion { get; init; }

    public string? MinAPIVersion { get; init; }
}

/// <summary>GET /info, what is used of it.</summary>
internal sealed record EngineInfo
{
    public string? OperatingSystem { get; init; }

    public string? OSType { get; init; }

    public string? Name { get; init; }

    /// <summary><c>name=seccomp,profile=default</c>, <c>name=rootless</c>, <c>name=userns</c>, <c>name=selinux</c>, ...</summary>
    public IReadOnlyList<string>? SecurityOptions { get; init; }

    /// <summary>Bytes of memory of its machine.</summary>
    public long MemTotal { get; init; }

    public bool LiveRestoreEnabled { get; init; }

    public string? CgroupVersion { get; init; }

    public bool MemoryLimit { get; init; }

    public bool PidsLimit { get; init; }

    public bool CpuCfsQuota { get; init; }
}

/// <summary>One message of GET /events.</summary>
internal sealed record EngineEvent
{
    /// <summary><c>container</c>, <c>image</c>, ...</summary>
    public string? Type { get; init; }

    /// <summary><c>die</c>, <c>oom</c>, <c>destroy</c>, <c>pause</c>, ...</summary>
    public string? Action { get; init; }

    public EventActor? Actor { get; init; }

    /// <summary>Nanoseconds since 1970 on the engine's clock.</summary>
    [JsonPropertyName("timeNano")]
    public long TimeNano { get; init; }
}

/// <summary>What an event is about.</summary>
internal sealed record EventActor
{
    public string? ID { get; init; }

    /// <summary>For a container: its labels, <c>name</c>, <c>image</c>, and <c>exitCode</c> when it died.</summary>
    public IReadOnlyDictionary<string, string>? Attributes { get; init; }
}
