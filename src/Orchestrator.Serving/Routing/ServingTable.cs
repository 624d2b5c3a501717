using System.Collections.Frozen;
using Orchestrator.Core;
using Orchestrator.Core.Cluster;
using Orchestrator.Core.Serving;
using Orchestrator.Protocol;

namespace Orchestrator.Serving.Routing;

/// <summary>What this frontend serves, ready for lookup; built whole from a <see cref="ServingSnapshot"/>, then swapped in by one assignment. A request reads it once.</summary>
public sealed class ServingTable
{
    /// <summary>Nothing is served yet.</summary>
    public static ServingTable Empty { get; } = new() { Snapshot = ServingSnapshot.Empty };

    /// <summary>What it was built from.</summary>
    public required ServingSnapshot Snapshot { get; init; }

    /// <summary>Applications by name.</summary>
    public FrozenDictionary<string, ApplicationEntry> Applications { get; init; } = FrozenDictionary<string, ApplicationEntry>.Empty;

    /// <summary>Models by name.</summary>
    public FrozenDictionary<string, ModelEntry> Models { get; init; } = FrozenDictionary<string, ModelEntry>.Empty;
}

/// <summary>A model that may be called.</summary>
public sealed class ModelEntry
{
    /// <summary>Its name.</summary>
    public required string Name { get; init; }

    /// <summary>Time for a <c>/v2</c> call.</summary>
    public required TimeSpan Timeout { get; init; }

    /// <summary>The version for calls that name none; null while none was ever ready.</summary>
    public required VersionEntry? Serving { get; init; }

    /// <summary>Versions that may be called, by name.</summary>
    public required FrozenDictionary<string, VersionEntry> Versions { get; init; }
}

/// <summary>A version that may be called.</summary>
public sealed class VersionEntry
{
    /// <summary>Which.</summary>
    public required ModelVersionId Id { get; init; }

    /// <summary>Its spec.</summary>
    public required ModelVersionSpec Spec { get; init; }

    /// <summary>Inputs in the model's order; null while no replica told them.</summary>
    public required IReadOnlyList<TensorMetadata>? Inputs { get; init; }

    /// <summary>Outputs in the model's order; null while no replica told them.</summary>
    public required IReadOnlyList<TensorMetadata>? Outputs { get; init; }

    /// <summary>The signature as published (platform, properties, optional inputs, warnings).</summary>
    public required ModelSignature? Signature { get; init; }

    /// <summary>Ready replicas as published.</summary>
    public required IReadOnlyList<ReplicaEndpoint> Replicas { get; init; }

    /// <summary>Why none is ready; null if one is.</summary>
    public required string? Reason { get; init; }

    /// <summary>Whether any two requests for all outputs have equal row shapes, so that they may share a batch without a further look.</summary>
    internal bool IsUniform { get; init; }

    /// <summary>Most rows one request may bring in one piece; a larger one is cut.</summary>
    internal int MaxRows { get; init; } = int.MaxValue;

    /// <summary>Its waiting requests; lives as long as the version is served, across tables.</summary>
    internal Queueing.ModelQueue Queue { get; init; } = null!;

    /// <summary>What its answers belong to in the caches; made when first asked for.</summary>
    internal Caching.CacheScope CacheScope => field ??= Caching.CacheScope.Of(Id, Spec);

    /// <summary>Whether a replica is ready.</summary>
    public bool IsReady => Replicas.Count > 0;
}

/// <summary>An application that may be called.</summary>
public sealed class ApplicationEntry
{
    /// <summary>Its spec.</summary>
    public required ApplicationSpec Spec { get; init; }

    /// <summary>What it looks up for requests that name an entity; null: nothing.</summary>
    public Features.ApplicationFeatures? Features { get; init; }

    /// <summary>Chooses among its models.</summary>
    internal Selection.ISelectionPolicy Policy { get; init; } = null!;

    /// <summary>Its targets with the entries they mean in this table.</summary>
    internal IReadOnlyList<Selection.SelectionCandidate> Candidates { get; init; } = [];

    /// <summary>Chooses the version that answers.</summary>
    /// <param name="key">Requests with an equal key get the same version as long as weights stay; null: any.</param>
    /// <returns>The version; null when no target has a version that was ever ready.</returns>
    public VersionEntry? Select(string? key) =>
        Policy.Select(Candidates, key is null ? Random.Shared.NextDouble() : Selection.SelectionPolicies.PointOf(Spec.Name, key));
}
