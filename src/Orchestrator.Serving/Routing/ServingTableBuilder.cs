using System.Collections.Frozen;
using Orchestrator.Core;
using Orchestrator.Core.Cluster;
using Orchestrator.Core.Serving;
using Orchestrator.Protocol;
using Orchestrator.Serving.Queueing;
using Orchestrator.Serving.Selection;

namespace Orchestrator.Serving.Routing;

/// <summary>Makes a table from a snapshot; pure but for the queues it is given.</summary>
internal static class ServingTableBuilder
{
    /// <summary>Builds the whole table.</summary>
    /// <param name="snapshot">What Control published.</param>
    /// <param name="queueOf">The queue of each version in it.</param>
    public static ServingTable Build(ServingSnapshot snapshot, Func<ModelVersionId, ModelQueue> queueOf)
    {
        var models = snapshot.Models.Select(m => BuildModel(m, queueOf)).ToFrozenDictionary(m => m.Name);
        return new ServingTable
        {
            Snapshot = snapshot,
            Models = models,
            Applications = snapshot.Applications.Select(a => BuildApplication(a, models)).ToFrozenDictionary(a => a.Spec.Name),
        };
    }

    /// <summary>The tightest latency among the applications that can reach a version; the model's timeout if none can.</summary>
    public static TimeSpan TightestSlo(ServingSnapshot snapshot, ServedModel model, string version)
    {
        var tightest = TimeSpan.MaxValue;
        foreach (var application in snapshot.Applications)
        {
            foreach (var target in application.Selection.Targets)
            {
                if (target.Model == model.Name && (target.Version ?? model.ServingVersion) == version && application.Slo.Latency < tightest)
                {
                    tightest = application.Slo.Latency;
                }
            }
        }

        return tightest == TimeSpan.MaxValue ? model.Timeout : tightest;
    }

    private static ModelEntry BuildModel(ServedModel model, Func<ModelVersionId, ModelQueue> queueOf)
    {
        var versions = model.Versions.Select(v => BuildVersion(model.Name, v, queueOf)).ToFrozenDictionary(v => v.Id.Version);
        return new ModelEntry
        {
            Name = model.Name,
            Timeout = model.Timeout,
            Versions = versions,
            Serving = model.ServingVersion is { } serving ? versions.GetValueOrDefault(serving) : null,
        };
    }

    private static VersionEntry BuildVersion(string model, ServedVersion version, Func<ModelVersionId, ModelQueue> queueOf)
    {
        var id = new ModelVersionId(model, version.Spec.Version);
        var inputs = version.Signature?.Inputs.Select(ToMetadata).ToArray();
        var fixedSize = version.Replicas.Min(r => r.MaxBatchSize);
        return new VersionEntry
        {
            Id = id,
            Spec = version.Spec,
            Inputs = inputs,
            Outputs = version.Signature?.Outputs.Select(ToMetadata).ToArray(),
            Signature = version.Signature,
            Replicas = version.Replicas,
            Reason = version.Reason,
            IsUniform = inputs is not null && inputs.All(i => i.Shape.Skip(1).All(d => d >= 0)),
            MaxRows = Math.Max(1, Math.Min(version.Spec.Batching.MaxSize, fixedSize ?? int.MaxValue)),
            Queue = queueOf(id),
        };
    }

    /// <exception cref="InvalidOperationException">A datatype no container can have: the prober lets no such signature through.</exception>
    private static TensorMetadata ToMetadata(TensorSignature signature) =>
        DataTypes.TryParse(signature.Datatype, out var type)
            ? new TensorMetadata(signature.Name, type, [.. signature.Shape])
            : throw new InvalidOperationException($"'{signature.Name}' has the unknown datatype '{signature.Datatype}'");

    private static ApplicationEntry BuildApplication(ApplicationSpec spec, FrozenDictionary<string, ModelEntry> models) => new()
    {
        Spec = spec,
        Features = Features.ApplicationFeatures.Of(spec),
        Policy = SelectionPolicies.Get(spec.Selection.Policy),
        Candidates = [.. spec.Selection.Targets.Select(t => new SelectionCandidate(VersionOf(t, models), t.Weight))],
    };

    private static VersionEntry? VersionOf(SelectionTarget target, FrozenDictionary<string, ModelEntry> models) =>
        !models.TryGetValue(target.Model, out var model) ? null
        : target.Version is { } version ? model.Versions.GetValueOrDefault(version)
        : model.Serving;
}
