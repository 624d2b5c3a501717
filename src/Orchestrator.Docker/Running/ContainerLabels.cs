using Orchestrator.Core;
using Orchestrator.Core.Runtime;
using Orchestrator.Docker.Engine;
using Orchestrator.Docker.Surroundings;

namespace Orchestrator.Docker.Running;

/// <summary>Labels of our containers: all that the next orchestrator needs to know a container again.</summary>
internal static class ContainerLabels
{
    /// <summary>Names the state folder whose orchestrator made it: what has another one is never touched.</summary>
    public const string State = "orchestrator.state";

    public const string Cluster = "orchestrator.cluster";
    public const string Model = "orchestrator.model";
    public const string Version = "orchestrator.version";
    public const string Replica = "orchestrator.replica";
    public const string SpecHash = "orchestrator.spec-hash";

    /// <summary>How it is reached.</summary>
    public const string ReachLabel = "orchestrator.reach";

    /// <summary>For a socket its path on the engine's machine, for a name that name, for a bridge the network's name.</summary>
    public const string Address = "orchestrator.address";

    public static Dictionary<string, string> For(ContainerLaunch launch, string stateId, Reach reach, string address) => new(StringComparer.Ordinal)
    {
        [State] = stateId,
        [Cluster] = launch.Cluster,
        [Model] = launch.Replica.ModelVersion.Model,
        [Version] = launch.Replica.ModelVersion.Version,
        [Replica] = launch.Replica.Instance,
        [SpecHash] = launch.SpecHash,
        [ReachLabel] = reach.ToString(),
        [Address] = address,
    };

    /// <summary>Null: not one of ours.</summary>
    public static ReplicaId? ReadReplica(IReadOnlyDictionary<string, string>? labels) =>
        labels?.GetValueOrDefault(Model) is { } model && labels.GetValueOrDefault(Version) is { } version && labels.GetValueOrDefault(Replica) is { } instance
            ? new ReplicaId(new ModelVersionId(model, version), instance)
            : null;

    public static Reach? ReadReach(IReadOnlyDictionary<string, string> labels) => Enum.TryParse<Reach>(labels.GetValueOrDefault(ReachLabel), out var reach) ? reach : null;

    /// <summary>Everything of one state folder.</summary>
    public static EngineFilters FilterOf(string stateId) => new EngineFilters().Label(State, stateId);
}
