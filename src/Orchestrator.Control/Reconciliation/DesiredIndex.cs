using System.Collections.Frozen;
using Orchestrator.Core;
using Orchestrator.Core.Cluster;

namespace Orchestrator.Control.Reconciliation;

/// <summary>The desired state at one revision, with what is computed from it once. Immutable.</summary>
internal sealed class DesiredIndex
{
    private static readonly FrozenSet<string> None = FrozenSet<string>.Empty;

    private readonly FrozenDictionary<ModelVersionId, VersionHashes> _hashes;
    private readonly FrozenDictionary<string, FrozenSet<string>> _pinned;
    private readonly FrozenDictionary<string, ModelSpec> _models;

    public DesiredIndex(long revision, ClusterSpec spec)
    {
        (Revision, Spec) = (revision, spec);
        _models = spec.Models.ToFrozenDictionary(m => m.Name);
        _hashes = spec.Models
            .SelectMany(m => m.Versions.Select(v => KeyValuePair.Create(new ModelVersionId(m.Name, v.Version), VersionHashes.Of(v))))
            .ToFrozenDictionary();
        _pinned = spec.Applications
            .SelectMany(a => a.Selection.Targets)
            .Where(t => t.Version is not null)
            .GroupBy(t => t.Model)
            .ToFrozenDictionary(g => g.Key, g => g.Select(t => t.Version!).ToFrozenSet());
    }

    public long Revision { get; }

    public ClusterSpec Spec { get; }

    /// <summary>Every version that is known.</summary>
    public IEnumerable<ModelVersionId> Versions => _hashes.Keys;

    /// <summary>Null for a model that is not known.</summary>
    public ModelSpec? FindModel(string name) => _models.GetValueOrDefault(name);

    /// <summary>Null for a version that is not known.</summary>
    public VersionHashes? HashesOf(ModelVersionId id) => _hashes.GetValueOrDefault(id);

    /// <summary>Versions of the model that applications name.</summary>
    public IReadOnlySet<string> PinnedOf(string model) => _pinned.GetValueOrDefault(model, None);
}

/// <summary>Hashes of a version's spec.</summary>
/// <param name="Launch">Over all that reaches the container's process.</param>
/// <param name="Identity">Over what it computes.</param>
internal sealed record VersionHashes(string Launch, string Identity)
{
    public static VersionHashes Of(ModelVersionSpec spec) => new(SpecHash.Compute(spec), SpecHash.ComputeImmutable(spec));
}
