using Orchestrator.Core.Runtime;
using Orchestrator.Docker.Engine;
using Orchestrator.Docker.Surroundings;

namespace Orchestrator.Docker.Running;

/// <summary>Reads what the engine says of one of our containers. Pure.</summary>
internal static class ContainerInfoMapper
{
    /// <summary>Host name that stands for a socket.</summary>
    private const string SocketHost = "container";

    private const int SocketPort = 80;

    /// <summary>Null: it is not ours, or has no address (any more).</summary>
    public static ContainerInfo? Map(ContainerSummary container)
    {
        if (container.Labels is not { } labels || ContainerLabels.ReadReplica(labels) is not { } replica || AddressOf(container, labels) is not { } address)
        {
            return null;
        }

        return new ContainerInfo
        {
            ContainerId = container.Id,
            Replica = replica,
            SpecHash = labels.GetValueOrDefault(ContainerLabels.SpecHash) ?? "",
            Address = address,
            StartedAt = DateTimeOffset.FromUnixTimeSeconds(container.Created),
            Image = container.Image,
        };
    }

    private static ContainerAddress? AddressOf(ContainerSummary container, IReadOnlyDictionary<string, string> labels)
    {
        var label = labels.GetValueOrDefault(ContainerLabels.Address) ?? "";
        return ContainerLabels.ReadReach(labels) switch
        {
            Reach.Socket when label.Length > 0 => new ContainerAddress(SocketHost, SocketPort, label),
            Reach.Name when label.Length > 0 => new ContainerAddress(label, CreateRequestMapper.ContainerPort),
            Reach.Bridge when container.NetworkSettings?.Networks?.GetValueOrDefault(label)?.IPAddress is { Length: > 0 } address => new ContainerAddress(address, CreateRequestMapper.ContainerPort),
            Reach.Published when container.Ports?.FirstOrDefault(p => p is { PrivatePort: CreateRequestMapper.ContainerPort, PublicPort: > 0 }) is { } port =>
                new ContainerAddress(port.IP is null or "" or "0.0.0.0" or "::" ? "127.0.0.1" : port.IP, port.PublicPort),
            _ => null,
        };
    }
}
