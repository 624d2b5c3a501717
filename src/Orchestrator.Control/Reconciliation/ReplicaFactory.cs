using System.Security.Cryptography;
using Orchestrator.Control.Replicas;
using Orchestrator.Core;
using Orchestrator.Core.Artefacts;
using Orchestrator.Core.Runtime;

namespace Orchestrator.Control.Reconciliation;

/// <summary>Makes replicas of what is wanted now.</summary>
internal sealed class ReplicaFactory(IArtefactStore artefacts, ReconcilerState state)
{
    private const int InstanceDigits = 6;

    /// <summary>A new one, for a start of its own.</summary>
    public Replica Create(string model, string version, int slot, TimeSpan notBefore) => Create(NewId(model, version), slot, notBefore, adopted: null);

    /// <summary>One that runs already.</summary>
    public Replica Adopt(ContainerInfo container, int slot) => Create(container.Replica, slot, TimeSpan.Zero, container);

    private Replica Create(ReplicaId id, int slot, TimeSpan notBefore, ContainerInfo? adopted)
    {
        var spec = state.Desired.FindModel(id.ModelVersion.Model)!.FindVersion(id.ModelVersion.Version)!;
        var hashes = state.Desired.HashesOf(id.ModelVersion)!;
        var launch = new ContainerLaunch
        {
            Cluster = state.Desired.Spec.Name,
            Replica = id,
            Spec = spec,
            SpecHash = hashes.Launch,
            ArtefactPath = spec.Artefact?.Digest is { } digest ? artefacts.FindPath(digest) : null,
        };
        return new Replica(launch, hashes.Identity, slot)
        {
            Restarts = state.Fleet.Failures.RestartsOf(id.ModelVersion, slot),
            NextAttempt = notBefore,
            Container = adopted,
            IsAdopted = adopted is not null,
        };
    }

    private ReplicaId NewId(string model, string version)
    {
        while (true)
        {
            var instance = RandomNumberGenerator.GetHexString(InstanceDigits, lowercase: true);
            if (state.Fleet.Replicas.All(r => r.Id.Instance != instance))
            {
                return new ReplicaId(new ModelVersionId(model, version), instance);
            }
        }
    }
}
