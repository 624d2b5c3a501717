using System.Collections.Frozen;
using Microsoft.Extensions.Primitives;
using Orchestrator.Core;
using Orchestrator.Core.Runtime;
using Orchestrator.Core.Serving;
using Yarp.ReverseProxy.Configuration;
using Yarp.ReverseProxy.Forwarder;
using Yarp.ReverseProxy.LoadBalancing;

namespace Orchestrator.Host.Query.Containers;

/// <summary>YARP's view of a serving snapshot: one cluster per model version, one destination per Ready replica.</summary>
internal sealed partial class ServedClusters(ILogger<ServedClusters> logger) : IProxyConfigProvider
{
    // A stream may be silent for long; a replica that is gone closes its connection, so this is not what finds it.
    private static readonly TimeSpan ActivityTimeout = TimeSpan.FromMinutes(15);

    // Control replaces a dead replica; this only bridges the moment until the snapshot says so.
    private static readonly TimeSpan ReactivationPeriod = TimeSpan.FromSeconds(2);

    private Config _config = new([ProxyRoutes.Empty], FrozenDictionary<string, string>.Empty);

    /// <summary>Unix sockets by the host name that stands for them in addresses.</summary>
    public FrozenDictionary<string, string> SocketsByHost => Volatile.Read(ref _config).Sockets;

    /// <summary>Name of a version's cluster.</summary>
    public static string IdOf(ModelVersionId version) => version.ToString();

    public IProxyConfig GetConfig() => Volatile.Read(ref _config);

    /// <summary>Takes over a snapshot whole.</summary>
    public void Apply(ServingSnapshot snapshot)
    {
        var clusters = new List<ClusterConfig> { ProxyRoutes.Empty };
        var sockets = new Dictionary<string, string>();
        foreach (var model in snapshot.Models)
        {
            foreach (var version in model.Versions)
            {
                clusters.Add(Cluster(new ModelVersionId(model.Name, version.Spec.Version), version.Replicas, sockets));
            }
        }

        var old = Interlocked.Exchange(ref _config, new Config(clusters, sockets.ToFrozenDictionary()));
        old.SignalChange();
    }

    private ClusterConfig Cluster(ModelVersionId id, IReadOnlyList<ReplicaEndpoint> replicas, Dictionary<string, string> sockets)
    {
        var destinations = new Dictionary<string, DestinationConfig>(replicas.Count);
        foreach (var replica in replicas)
        {
            // One address that YARP refuses would make it refuse the whole reload, so none gets that far.
            if (Address(replica, sockets) is { } address)
            {
                destinations[replica.Id.Instance] = new DestinationConfig { Address = address };
            }
            else
            {
                Log.UnusableAddress(logger, replica.Id, replica.Address);
            }
        }

        return new ClusterConfig
        {
            ClusterId = IdOf(id),
            Destinations = destinations,
            LoadBalancingPolicy = LoadBalancingPolicies.LeastRequests,
            HttpRequest = new ForwarderRequestConfig { Version = System.Net.HttpVersion.Version11, VersionPolicy = HttpVersionPolicy.RequestVersionExact, ActivityTimeout = ActivityTimeout },
            HealthCheck = new HealthCheckConfig
            {
                AvailableDestinationsPolicy = "HealthyOrPanic",
                Passive = new PassiveHealthCheckConfig { Enabled = true, Policy = FirstFailurePolicy.PolicyName, ReactivationPeriod = ReactivationPeriod },
            },
        };
    }

    private static string? Address(ReplicaEndpoint replica, Dictionary<string, string> sockets)
    {
        var (host, port) = (replica.Address.Host, replica.Address.Port);
        if (replica.Address.SocketPath is { } socket)
        {
            host = $"{replica.Id.Instance}.socket.invalid";
            sockets[host] = socket;
        }

        var text = host.Contains(':', StringComparison.Ordinal) ? $"http://[{host}]:{port}/" : $"http://{host}:{port}/";
        return Uri.TryCreate(text, UriKind.Absolute, out _) ? text : null;
    }

    private sealed class Config : IProxyConfig
    {
        private readonly Action _signalChange;

        public Config(IReadOnlyList<ClusterConfig> clusters, FrozenDictionary<string, string> sockets)
        {
            var changed = new CancellationTokenSource();
            _signalChange = changed.Cancel;
            ChangeToken = new CancellationChangeToken(changed.Token);
            Clusters = clusters;
            Sockets = sockets;
        }

        public IReadOnlyList<RouteConfig> Routes => ProxyRoutes.All;

        public IReadOnlyList<ClusterConfig> Clusters { get; }

        public FrozenDictionary<string, string> Sockets { get; }

        public IChangeToken ChangeToken { get; }

        public void SignalChange() => _signalChange();
    }

    private static partial class Log
    {
        [LoggerMessage(EventId = 5200, Level = LogLevel.Error, Message = "Replica {Replica} gets no forwarded calls: its address {Address} cannot be written as a URL")]
        public static partial void UnusableAddress(ILogger logger, ReplicaId replica, ContainerAddress address);
    }
}
