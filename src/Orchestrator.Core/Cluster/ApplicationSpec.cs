using System.Text.Json;

namespace Orchestrator.Core.Cluster;

/// <summary>What a client calls at <c>/{name}/predict</c>.</summary>
public sealed record ApplicationSpec
{
    /// <summary>Unique in the cluster; the same characters as a model's name.</summary>
    public required string Name { get; init; }

    /// <summary>The latency that answers must meet.</summary>
    public required SloSpec Slo { get; init; }

    /// <summary>Answered when no model's answer came in time; null: there is none, such requests are answered with 429, 503 or 504.</summary>
    public JsonElement? DefaultOutput { get; init; }

    /// <summary>Which model answers.</summary>
    public required SelectionSpec Selection { get; init; }

    /// <summary>What is looked up for requests that name an entity; null: nothing, requests give every input.</summary>
    public FeaturesSpec? Features { get; init; }
}

/// <summary>A latency objective.</summary>
public sealed record SloSpec
{
    /// <summary>From the request's arrival to its answer.</summary>
    public required TimeSpan Latency { get; init; }

    /// <summary>Share of requests in percent that must meet it. Default 99.</summary>
    public double Percentile { get; init; } = 99;
}

/// <summary>Which model of an application answers a request.</summary>
public sealed record SelectionSpec
{
    /// <summary><c>single</c> or <c>weighted</c>. Default <c>single</c>.</summary>
    public string Policy { get; init; } = "single";

    /// <summary>The models; one for <c>single</c>.</summary>
    public IReadOnlyList<SelectionTarget> Targets { get; init; } = [];
}

/// <summary>One model an application may choose.</summary>
public sealed record SelectionTarget
{
    /// <summary>Name of the model.</summary>
    public required string Model { get; init; }

    /// <summary>A fixed version; null: the model's current one.</summary>
    public string? Version { get; init; }

    /// <summary>Relative share of requests, at least 0. Default 1.</summary>
    public double Weight { get; init; } = 1;
}
