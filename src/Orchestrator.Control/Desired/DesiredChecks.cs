using Orchestrator.Core;
using Orchestrator.Core.Artefacts;
using Orchestrator.Core.Cluster;

namespace Orchestrator.Control.Desired;

/// <summary>What a new desired state must fulfil beside being a valid cluster: compared with what is known, and with what is stored.</summary>
internal static class DesiredChecks
{
    /// <summary>Artefacts that no container could be given.</summary>
    public static IReadOnlyList<SpecError> MissingArtefacts(ClusterSpec spec, IArtefactStore artefacts)
    {
        var errors = new List<SpecError>();
        foreach (var (m, model) in spec.Models.Index())
        {
            foreach (var (v, version) in model.Versions.Index())
            {
                var path = $"models[{m}].versions[{v}].artefact";
                if (version.Artefact is not { } artefact)
                {
                    continue;
                }

                if (artefact.Digest is not { } digest)
                {
                    errors.Add(new SpecError(path, $"version {version.Version} of model {model.Name} names its artefact by path, but was not uploaded: upload it and name it by digest (orch does both)"));
                }
                else if (artefacts.Describe(digest) is null)
                {
                    errors.Add(new SpecError(path, $"artefact {digest} of version {version.Version} of model {model.Name} is not in the store: upload it first"));
                }
            }
        }

        return errors;
    }

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
            : "set of options, command, environment or interpreter";
    }
}
