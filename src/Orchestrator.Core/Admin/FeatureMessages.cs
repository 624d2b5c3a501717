using System.Text.Json;
using Orchestrator.Core.Cluster;

namespace Orchestrator.Core.Admin;

/// <summary>Body of <c>POST /api/v1/features</c>.</summary>
public sealed record WriteFeaturesRequest
{
    /// <summary>Most rows of one request.</summary>
    public const int MostRows = 2000;

    /// <summary>The view, as the cluster file has it; of the native layout. It need not be applied yet.</summary>
    public required FeatureViewSpec View { get; init; }

    /// <summary>Objects with the view's keys and features by name, and when they were true in <c>_at</c> (default: now). What a row does not have is removed.</summary>
    public required IReadOnlyList<JsonElement> Rows { get; init; }
}

/// <summary>Answer of <c>POST /api/v1/features</c>.</summary>
/// <param name="Written">Records.</param>
public sealed record WriteFeaturesResult(int Written);

/// <summary>Answer of <c>GET /api/v1/features/{view}</c>: what a look-up of that entity would use.</summary>
public sealed record FeatureRecordStatus
{
    /// <summary>The view.</summary>
    public required string View { get; init; }

    /// <summary>Key and value.</summary>
    public required IReadOnlyDictionary<string, string> Entity { get; init; }

    /// <summary>Why the record is not used; null: it is.</summary>
    public string? Problem { get; init; }

    /// <summary>When its values were true; null: it does not say.</summary>
    public DateTimeOffset? At { get; init; }

    /// <summary>In the view's order.</summary>
    public required IReadOnlyList<FeatureStatus> Features { get; init; }
}

/// <summary>A feature of a record.</summary>
public sealed record FeatureStatus
{
    /// <summary>Its name.</summary>
    public required string Name { get; init; }

    /// <summary>Its type.</summary>
    public required string Type { get; init; }

    /// <summary>What the store has, if it is of that type; null: nothing.</summary>
    public JsonElement? Stored { get; init; }

    /// <summary>What a prediction would get; null: it would fail.</summary>
    public JsonElement? Used { get; init; }

    /// <summary>Why what is used is not what is stored; null: it is.</summary>
    public string? Problem { get; init; }
}
