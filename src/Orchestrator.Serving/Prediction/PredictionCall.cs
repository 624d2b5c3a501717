using System.Text.Json;
using Orchestrator.Core.Time;
using Orchestrator.Protocol;
using Orchestrator.Serving.Caching;
using Orchestrator.Serving.Routing;

namespace Orchestrator.Serving.Prediction;

/// <summary>One prediction to be made: inputs already checked against the signature and converted to its datatypes.</summary>
public readonly struct PredictionCall
{
    /// <summary>Which version answers.</summary>
    public required VersionEntry Target { get; init; }

    /// <summary>Inputs in the model's order; all with the same, positive, dimension 0.</summary>
    public required IReadOnlyList<Tensor> Inputs { get; init; }

    /// <summary>Requested outputs; empty: all.</summary>
    public IReadOnlyList<RequestedOutput> Outputs { get; init; }

    /// <summary>The request's parameters, reserved ones included; what <see cref="RequestParameters"/> forwards is part of the question. Null: none.</summary>
    public IReadOnlyDictionary<string, JsonElement>? Parameters { get; init; }

    /// <summary>When the client must have its answer.</summary>
    public required Deadline Deadline { get; init; }

    /// <summary>The application that asked; null for <c>/v2</c> calls. For metrics only.</summary>
    public string? Application { get; init; }

    /// <summary>The rows' names if they were looked up already, each alone; null: not yet.</summary>
    internal RowKeys? RowKeys { get; init; }
}
