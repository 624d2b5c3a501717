using Orchestrator.Core.Runtime;
using Orchestrator.Docker.Engine;
using Orchestrator.Docker.Surroundings;

namespace Orchestrator.Docker.Running;

/// <summary>How one container will be made: what was decided, before it is written for the engine.</summary>
internal sealed record ContainerPlan
{
    public required ContainerLaunch Launch { get; init; }

    public required EngineSurroundings Surroundings { get; init; }

    public required string StateId { get; init; }

    public required string Image { get; init; }

    /// <summary>What the image says of itself.</summary>
    public required ImageConfig ImageConfig { get; init; }

    public required Reach Reach { get; init; }

    public required ArtefactDelivery Artefact { get; init; }

    /// <summary>Folder on the engine's machine that holds its socket; null unless reached so.</summary>
    public string? SocketFolder { get; init; }

    /// <summary>How long it may drain.</summary>
    public required TimeSpan DrainTime { get; init; }

    /// <summary>Its name among containers: cluster, model, version, instance, so that <c>docker ps</c> can be read.</summary>
    public string Name => $"{Launch.Cluster}-{Launch.Replica.ModelVersion.Model}-{Launch.Replica.ModelVersion.Version}-{Launch.Replica.Instance}";

    /// <summary>Its name on a shared network: fits a DNS label, and is nobody else's, for two clusters may share the network.</summary>
    public string Alias => $"replica-{Launch.Replica.Instance}-{StateId[..8]}".ToLowerInvariant();

    /// <summary>What its label says of its address.</summary>
    public string AddressLabel => Reach switch
    {
        Reach.Socket => $"{SocketFolder}/{SocketFolders.SocketName}",
        Reach.Name => Alias,
        _ => Surroundings.Network ?? "bridge",
    };
}
