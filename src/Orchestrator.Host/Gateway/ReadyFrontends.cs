using Yarp.ReverseProxy.Configuration;
using Yarp.ReverseProxy.Health;
using Yarp.ReverseProxy.Model;

namespace Orchestrator.Host.Gateway;

/// <summary>Who gets requests: whoever said that it is ready. One that nobody asked yet may know no model, and waits for its first probe.</summary>
internal sealed class ReadyFrontends : IAvailableDestinationsPolicy
{
    public string Name => FrontendPolicies.PolicyName;

    public IReadOnlyList<DestinationState> GetAvailalableDestinations(ClusterConfig config, IReadOnlyList<DestinationState> allDestinations) =>
        [.. allDestinations.Where(d => d.Health.Active == DestinationHealth.Healthy)];
}
