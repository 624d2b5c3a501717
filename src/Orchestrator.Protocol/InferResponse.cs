using System.Text.Json;

namespace Orchestrator.Protocol;

/// <summary>An inference answer (OIP V2).</summary>
public sealed record InferResponse
{
    /// <summary>Name of the model.</summary>
    public required string ModelName { get; init; }

    /// <summary>Version of the model, if told.</summary>
    public string? ModelVersion { get; init; }

    /// <summary>The request's id.</summary>
    public string? Id { get; init; }

    /// <summary>Response parameters.</summary>
    public IReadOnlyDictionary<string, JsonElement> Parameters { get; init; } = InferRequest.NoParameters;

    /// <summary>Outputs.</summary>
    public required IReadOnlyList<Tensor> Outputs { get; init; }

    /// <summary>Failed rows (our containers' <c>errors</c> parameter); null if none failed.</summary>
    public IReadOnlyDictionary<int, string>? RowErrors { get; init; }

    /// <summary>Those of <see cref="RowErrors"/> whose input is at fault, not the model (our containers' <c>invalid_rows</c> parameter).</summary>
    public IReadOnlyCollection<int> InvalidRows { get; init; } = [];
}
