using Yarp.ReverseProxy.Forwarder;
using Yarp.ReverseProxy.Health;
using Yarp.ReverseProxy.Model;

namespace Orchestrator.Host.Query.Containers;

/// <summary>Leaves a replica alone for a moment after the first call that could not reach it. What a container answers, whatever the status, is no failure of the replica.</summary>
internal sealed class FirstFailurePolicy(IDestinationHealthUpdater updater) : IPassiveHealthCheckPolicy
{
    public const string PolicyName = "FirstFailure";
    private static readonly TimeSpan DefaultReactivation = TimeSpan.FromSeconds(2);

    public string Name => PolicyName;

    public void RequestProxied(HttpContext context, ClusterState cluster, DestinationState destination)
    {
        var error = context.GetForwarderErrorFeature()?.Error ?? ForwarderError.None;
        if (error is ForwarderError.Request or ForwarderError.RequestTimedOut)
        {
            var period = cluster.Model.Config.HealthCheck?.Passive?.ReactivationPeriod ?? DefaultReactivation;
            updater.SetPassive(cluster, destination, DestinationHealth.Unhealthy, period);
        }
    }
}
