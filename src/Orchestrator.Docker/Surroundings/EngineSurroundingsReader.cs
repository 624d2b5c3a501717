using System.Net;
using Orchestrator.Docker.Engine;

namespace Orchestrator.Docker.Surroundings;

/// <summary>Reads how this process and the engine stand to each other.</summary>
internal sealed class EngineSurroundingsReader(EngineClient engine, DockerRuntimeOptions options)
{
    private const string MountInfo = "/proc/self/mountinfo";
    private const string Desktop = "Docker Desktop";
    private static readonly string[] NamelessNetworks = ["bridge", "host", "none"];

    /// <exception cref="EngineException">The engine refuses, or the network of the options does not exist.</exception>
    public async Task<EngineSurroundings> ReadAsync(CancellationToken cancellationToken)
    {
        var info = await engine.System.GetInfoAsync(cancellationToken);
        var own = await FindOwnAsync(cancellationToken);
        if (options.Network is { } named)
        {
            await engine.Networks.InspectAsync(named, cancellationToken);
        }

        return new EngineSurroundings
        {
            Version = await engine.VersionAsync(cancellationToken),
            IsNative = engine.Endpoint.IsLocalSocket && OperatingSystem.IsLinux() && info.OperatingSystem?.StartsWith(Desktop, StringComparison.Ordinal) != true,
            IsRootless = Has(info, "rootless"),
            RemapsUsers = Has(info, "userns"),
            HasLiveRestore = info.LiveRestoreEnabled,
            HasSelinux = Has(info, "selinux"),
            Own = own,
            Network = options.Network ?? own?.Networks.Where(n => n.ResolvesNames).Select(n => n.Name).FirstOrDefault(),
            PublishedHost = await FindPublishedHostAsync(cancellationToken),
            Identity = OperatingSystem.IsWindows() ? (0, 0) : (Native.EffectiveUser(), Native.EffectiveGroup()),
            MachineMemory = info.MemTotal,
        };
    }

    private async Task<OwnContainer?> FindOwnAsync(CancellationToken cancellationToken)
    {
        if (!File.Exists(MountInfo) || OwnContainerId.Find(await File.ReadAllTextAsync(MountInfo, cancellationToken)) is not { } id)
        {
            return null;
        }

        try
        {
            var details = await engine.Containers.InspectAsync(id, cancellationToken);
            var networks = details.NetworkSettings?.Networks?.Keys.Order(StringComparer.Ordinal).Select(n => (n, !NamelessNetworks.Contains(n))).ToList();
            return new OwnContainer(networks ?? [], details.Mounts ?? []);
        }
        catch (EngineException exception) when (exception.IsNotFound)
        {
            // A container of another engine: that one's networks and volumes are nothing to this one.
            return null;
        }
    }

    // An address, not a name: the engine publishes on addresses.
    private async Task<string> FindPublishedHostAsync(CancellationToken cancellationToken)
    {
        var host = engine.Endpoint.Host;
        if (engine.Endpoint.IsLocalSocket || host == "localhost")
        {
            return IPAddress.Loopback.ToString();
        }

        if (IPAddress.TryParse(host, out var address))
        {
            return address.ToString();
        }

        var found = await Dns.GetHostAddressesAsync(host, cancellationToken);
        return found.OrderBy(a => a.AddressFamily).First().ToString();
    }

    private static bool Has(EngineInfo info, string option) => info.SecurityOptions?.Any(o => o == $"name={option}" || o.StartsWith($"name={option},", StringComparison.Ordinal)) == true;
}
