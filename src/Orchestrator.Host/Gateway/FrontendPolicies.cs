using System.Net;
using Yarp.ReverseProxy.Forwarder;
using Yarp.ReverseProxy.Health;
using Yarp.ReverseProxy.Model;

namespace Orchestrator.Host.Gateway;

/// <summary>A frontend gets requests from the first time it says that it is ready until it says otherwise, is silent, or refuses a connection.</summary>
internal sealed partial class FrontendPolicies(IDestinationHealthUpdater updater, FrontendHealth health, ILogger<FrontendPolicies> logger)
    : IActiveHealthCheckPolicy, IPassiveHealthCheckPolicy, IClusterChangeListener
{
    public const string PolicyName = "Frontend";

    // Of two updates at once YARP lets one return before it is in force, and whoever was told that a frontend is ready would find none.
    private readonly Lock _turn = new();
    private volatile ClusterState? _balanced;

    public string Name => PolicyName;

    public void OnClusterAdded(ClusterState cluster)
    {
        if (cluster.ClusterId == GatewaySurface.Gateway)
        {
            _balanced = cluster;
        }
    }

    public void OnClusterChanged(ClusterState cluster)
    {
    }

    public void OnClusterRemoved(ClusterState cluster)
    {
    }

    /// <summary>What a probe found is true until the next one: a frontend that answers is asked once, and one that does not is asked again a second later.</summary>
    public void ProbingCompleted(ClusterState cluster, IReadOnlyList<DestinationProbingResult> probingResults)
    {
        foreach (var result in probingResults)
        {
            var isReady = result.Response is { StatusCode: HttpStatusCode.OK };
            if (isReady)
            {
                health.SetNotIdempotent(result.Destination.DestinationId, NotIdempotent(result.Response!));
            }

            if (_balanced is { } balanced && balanced.Destinations.TryGetValue(result.Destination.DestinationId, out var destination))
            {
                Set(balanced, destination, isReady, result.Exception?.GetBaseException().Message ?? $"it answered {(int?)result.Response?.StatusCode}");
            }
        }
    }

    /// <summary>Only a refused connection says something of the frontend; a broken answer may be a container's doing, or a client's.</summary>
    /// <remarks>It is the active state that is set: a frontend that was killed and is back has to say that it is ready, however much time has passed.</remarks>
    public void RequestProxied(HttpContext context, ClusterState cluster, DestinationState destination)
    {
        if (context.GetForwarderErrorFeature() is { } failure && RepeatRule.EndOf(failure.Error, failure.Exception) == AttemptEnd.NotSent)
        {
            Set(cluster, destination, isReady: false, failure.Exception!.GetBaseException().Message);
        }
    }

    // A frontend of before this header says nothing, and it may have such models.
    private static string NotIdempotent(HttpResponseMessage answer) =>
        answer.Headers.TryGetValues(PredictionKeys.HeaderName, out var values) ? string.Join(',', values) : PredictionKeys.Everything;

    // In force first, told then.
    private void Set(ClusterState cluster, DestinationState frontend, bool isReady, string reason)
    {
        lock (_turn)
        {
            updater.SetActive(cluster, [new NewActiveDestinationHealth(frontend, isReady ? DestinationHealth.Healthy : DestinationHealth.Unhealthy)]);
            Keep(frontend, isReady, reason);
        }
    }

    private void Keep(DestinationState frontend, bool isReady, string reason)
    {
        if (!health.Set(frontend.DestinationId, isReady))
        {
            return;
        }

        if (isReady)
        {
            Log.Ready(logger, frontend.DestinationId);
        }
        else
        {
            Log.NotReady(logger, frontend.DestinationId, reason);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(EventId = 5400, EventName = "FrontendReady", Level = LogLevel.Information, Message = "Frontend {Frontend} is ready and gets requests")]
        public static partial void Ready(ILogger logger, string frontend);

        [LoggerMessage(EventId = 5401, EventName = "FrontendNotReady", Level = LogLevel.Warning, Message = "Frontend {Frontend} gets no requests until it is ready again: {Reason}")]
        public static partial void NotReady(ILogger logger, string frontend, string reason);
    }
}
