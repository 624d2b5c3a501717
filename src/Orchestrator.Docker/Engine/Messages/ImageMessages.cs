using System.Text.Json.Serialization;

namespace Orchestrator.Docker.Engine;

/// <summary>GET /images/{name}/json, what is used of it.</summary>
internal sealed record ImageDetails
{
    public string Id { get; init; } = "";

    public IReadOnlyList<string>? RepoTags { get; init; }

    public long Size { get; init; }

    public ImageConfig? Config { get; init; }
}

/// <summary>What an image says of the containers made from it.</summary>
internal sealed record ImageConfig
{
    public string? User { get; init; }

    public IReadOnlyList<string>? Env { get; init; }

    public IReadOnlyList<string>? Cmd { get; init; }

    public IReadOnlyList<string>? Entrypoint { get; init; }

    public IReadOnlyDictionary<string, EmptyObject>? ExposedPorts { get; init; }

    public IReadOnlyDictionary<string, string>? Labels { get; init; }
}

/// <summary>One message of a pull, push or build.</summary>
internal sealed record ProgressMessage
{
    /// <summary>A layer.</summary>
    [JsonPropertyName("id")]
    public string? Id { get; init; }

    /// <summary>What happens to it: <c>Downloading</c>, <c>Pull complete</c>, ...</summary>
    [JsonPropertyName("status")]
    public string? Status { get; init; }

    /// <summary>A line, or a part of one, of a build.</summary>
    [JsonPropertyName("stream")]
    public string? Stream { get; init; }

    [JsonPropertyName("progressDetail")]
    public ProgressDetail? Detail { get; init; }

    /// <summary>The text of an error; gone from the newest engines.</summary>
    [JsonPropertyName("error")]
    public string? Error { get; init; }

    [JsonPropertyName("errorDetail")]
    public EngineError? ErrorDetail { get; init; }

    /// <summary>For a finished build: the image's id.</summary>
    [JsonPropertyName("aux")]
    public ProgressResult? Result { get; init; }
}

/// <summary>Bytes done and to do.</summary>
internal sealed record ProgressDetail
{
    [JsonPropertyName("current")]
    public long Current { get; init; }

    /// <summary>0: not known.</summary>
    [JsonPropertyName("total")]
    public long Total { get; init; }
}

/// <summary>What a build made.</summary>
internal sealed record ProgressResult(string? ID);

/// <summary>GET /networks/{name}, what is used of it.</summary>
internal sealed record NetworkInfo
{
    public string Id { get; init; } = "";

    public string Name { get; init; } = "";

    /// <summary><c>bridge</c>, <c>host</c>, <c>overlay</c>, ...</summary>
    public string? Driver { get; init; }

    public bool Internal { get; init; }
}
