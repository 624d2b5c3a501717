using Orchestrator.Control.Rollout;
using Orchestrator.Core;
using Orchestrator.Core.Admin;
using Orchestrator.Core.Cluster;
using Orchestrator.Core.Serving;

namespace Orchestrator.Control.Reconciliation;

/// <summary>Makes what frontends see from what is wanted and what is Ready.</summary>
internal static class ServingMapper
{
    /// <summary>The models in the order of the spec: live versions only, Ready replicas only.</summary>
    public static IReadOnlyList<ServedModel> Map(ClusterSpec desired, IReadOnlyDictionary<string, RolloutView> views, Fleet fleet) =>
        [.. desired.Models.Where(m => views.ContainsKey(m.Name)).Select(m => MapModel(m, views[m.Name], fleet))];

    private static ServedModel MapModel(ModelSpec model, RolloutView view, Fleet fleet)
    {
        var live = LiveVersions.Of(view);
        var serving = view.Observed.ServingVersion;
        return new ServedModel
        {
            Name = model.Name,
            ServingVersion = serving is not null && live.Contains(serving) ? serving : null,
            Timeout = model.Timeout,
            Versions = [.. live.Select(v => MapVersion(model.Name, model.FindVersion(v)!, fleet))],
        };
    }

    private static ServedVersion MapVersion(string model, ModelVersionSpec spec, Fleet fleet)
    {
        var id = new ModelVersionId(model, spec.Version);
        var ready = fleet.Of(model)
            .Where(r => r.Id.ModelVersion == id && r.Phase == ReplicaPhase.Ready)
            .OrderBy(r => r.Slot).ThenBy(r => r.Id.Instance, StringComparer.Ordinal)
            .Select(r => r.Endpoint!);
        var replicas = ready.ToList();
        return new ServedVersion
        {
            Spec = spec,
            Signature = fleet.SignatureOf(id),
            Replicas = replicas,
            Reason = replicas.Count > 0 ? null : ReasonText.WhyNoneReady(id, fleet),
        };
    }
}
