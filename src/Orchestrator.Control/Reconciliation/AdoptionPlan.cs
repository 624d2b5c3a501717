using Orchestrator.Control.Rollout;
using Orchestrator.Core;
using Orchestrator.Core.Runtime;

namespace Orchestrator.Control.Reconciliation;

/// <summary>Which of the containers that ran before Control did become replicas, and which end. Pure.</summary>
/// <param name="Adopted">With the place each takes.</param>
/// <param name="Orphans">Containers of nothing that is wanted as they run.</param>
internal sealed record AdoptionPlan(IReadOnlyList<(ContainerInfo Container, int Slot)> Adopted, IReadOnlyList<ContainerInfo> Orphans)
{
    /// <summary>A container is adopted if its version is live, it was started as it would be now, and there is a place left; the oldest first.</summary>
    public static AdoptionPlan Of(IEnumerable<ContainerInfo> containers, DesiredIndex desired, IEnumerable<RolloutView> views)
    {
        var live = views
            .SelectMany(v => LiveVersions.Of(v).Select(version => (Id: new ModelVersionId(v.Name, version), v.Spec!.FindVersion(version)!.Replicas)))
            .ToDictionary(l => l.Id, l => l.Replicas);
        var taken = new Dictionary<ModelVersionId, int>();
        var (adopted, orphans) = (new List<(ContainerInfo, int)>(), new List<ContainerInfo>());
        foreach (var container in containers.OrderBy(c => c.StartedAt))
        {
            var id = container.Replica.ModelVersion;
            var slot = taken.GetValueOrDefault(id);
            if (live.TryGetValue(id, out var wanted) && slot < wanted && desired.HashesOf(id)?.Launch == container.SpecHash)
            {
                adopted.Add((container, slot));
                taken[id] = slot + 1;
            }
            else
            {
                orphans.Add(container);
            }
        }

        return new AdoptionPlan(adopted, orphans);
    }
}
