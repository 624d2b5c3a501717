using Orchestrator.Core.Cluster;

namespace Orchestrator.Control.Desired;

/// <summary>What a new desired state must fulfil beside being a valid cluster: it must not contradict what is known.</summary>
internal static class DesiredChecks
{
    /// <summary>Versions that would mean something else than they did.</summary>
    public static IReadOnlyList<SpecError> ChangedVersions(ClusterSpec before, ClusterSpec after)
    {
        var errors = new List<SpecError>();
        foreach (var (m, model) in after.Models.Index())
        {
            foreach (var (v, version) in model.Versions.Index())
            {
                if (before.FindModel(model.Name)?.FindVersion(version.Version) is { } known && !ReferenceEquals(known, version)
                    && SpecHash.ComputeImmutable(known) != SpecHash.ComputeImmutable(version))
                {
                    errors.Add(new SpecError($"models[{m}].versions[{v}]",
                        $"version {version.Version} of model {model.Name} exists with another {Difference(known, version)}; what a version computes never changes: give the new one another name"));
                }
            }
        }

        return errors;
    }

    private static string Difference(ModelVersionSpec a, ModelVersionSpec b)
    {
        if (a.Framework != b.Framework)
        {
            return $"framework ({a.Framework}, not {b.Framework})";
        }

        return (a.Artefact?.Digest ?? a.Artefact?.Path) != (b.Artefact?.Digest ?? b.Artefact?.Path)
            ? $"artefact ({a.Artefact?.Digest ?? "none"}, not {b.Artefact?.Digest ?? "none"})"
            : "set of options, command, environment, interpreter or image";
    }
}
