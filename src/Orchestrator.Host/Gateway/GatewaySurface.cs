using Microsoft.AspNetCore.Server.Kestrel.Core;
using Orchestrator.Host.Composition;
using Orchestrator.Host.Query.Http;
using Orchestrator.Serving;
using Yarp.ReverseProxy.Configuration;
using Yarp.ReverseProxy.Forwarder;
using Yarp.ReverseProxy.Health;
using Yarp.ReverseProxy.LoadBalancing;
using Yarp.ReverseProxy.Model;

namespace Orchestrator.Host.Gateway;

/// <summary>The gateway: every path of the query port, balanced over frontends.</summary>
internal sealed class GatewaySurface(IServiceProvider core, HostOptions options, ILogger<GatewaySurface> logger) : Surface(core, SurfacePort.Queries(Gateway, options), logger)
{
    /// <summary>The cluster that is balanced over.</summary>
    public const string Gateway = "gateway";

    private const string ReadyPath = "/v2/health/ready";
    private static readonly TimeSpan HeadersTimeout = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan KeepAlive = TimeSpan.FromSeconds(130);
    private static readonly TimeSpan ProbePeriod = TimeSpan.FromSeconds(1);

    // Long: a frontend on a loaded machine must not be given up; one that is gone refuses the connection at once.
    private static readonly TimeSpan ProbeTimeout = TimeSpan.FromSeconds(10);

    // A stream may be silent for long; a frontend that is gone closes its connection.
    public static readonly TimeSpan ActivityTimeout = TimeSpan.FromMinutes(15);
    private static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(5);

    // Shorter than a frontend's keep-alive (130 s), so that no request meets a connection its other end just closed.
    private static readonly TimeSpan IdleTimeout = TimeSpan.FromSeconds(60);

    protected override void ConfigureServices(IServiceCollection services)
    {
        Share<ServingState>(services);
        Share<FrontendHealth>(services);
        Share<GatewayMetrics>(services);
        services.AddSingleton(AnswerBuffer.CreatePool());
        services.AddSingleton<JsonErrors>();
        services.AddSingleton<FrontendAttempts>();
        services.AddSingleton<FrontendPolicies>();
        services.AddSingleton<IActiveHealthCheckPolicy>(s => s.GetRequiredService<FrontendPolicies>());
        services.AddSingleton<IPassiveHealthCheckPolicy>(s => s.GetRequiredService<FrontendPolicies>());
        services.AddSingleton<IClusterChangeListener>(s => s.GetRequiredService<FrontendPolicies>());
        services.AddSingleton<IAvailableDestinationsPolicy, ReadyFrontends>();
        var addresses = Core<FrontendHealth>().Addresses;
        services.AddReverseProxy().LoadFromMemory([Everything], [Frontends(addresses), .. addresses.Select(Probed)]).ConfigureHttpClient((_, handler) =>
        {
            handler.ConnectTimeout = ConnectTimeout;
            handler.PooledConnectionIdleTimeout = IdleTimeout;
        });
    }

    protected override void ConfigureLimits(KestrelServerLimits limits)
    {
        limits.RequestHeadersTimeout = HeadersTimeout;
        limits.KeepAliveTimeout = KeepAlive;

        // The frontend's limit holds; what the gateway keeps of a body has its own.
        limits.MaxRequestBodySize = null;
    }

    protected override void Configure(WebApplication app)
    {
        app.UseMiddleware<FailureMiddleware>();
        app.UseRouting();
        var attempts = app.Services.GetRequiredService<FrontendAttempts>();
        app.MapReverseProxy(pipeline =>
        {
            pipeline.Use(forward => context => attempts.ForwardAsync(context, forward));
            pipeline.UseLoadBalancing();
            pipeline.UsePassiveHealthChecks();
        });
    }

    private static RouteConfig Everything { get; } =
        new() { RouteId = Gateway, ClusterId = Gateway, Match = new RouteMatch { Path = "/{**path}" }, MaxRequestBodySize = -1 };

    private static ClusterConfig Frontends(IReadOnlyList<Uri> addresses) => new()
    {
        ClusterId = Gateway,
        Destinations = Destinations(addresses),
        LoadBalancingPolicy = LoadBalancingPolicies.LeastRequests,
        HttpRequest = new ForwarderRequestConfig { Version = System.Net.HttpVersion.Version11, VersionPolicy = HttpVersionPolicy.RequestVersionExact, ActivityTimeout = ActivityTimeout },
        HealthCheck = new HealthCheckConfig
        {
            AvailableDestinationsPolicy = FrontendPolicies.PolicyName,
            Passive = new PassiveHealthCheckConfig { Enabled = true, Policy = FrontendPolicies.PolicyName },
        },
    };

    // A cluster of its own for each frontend's probe: YARP tells what a cluster's probes found when the slowest is over, and one frontend that hangs would keep all others out.
    private static ClusterConfig Probed(Uri address) => new()
    {
        ClusterId = "probe " + FrontendHealth.NameOf(address),
        Destinations = Destinations([address]),
        HealthCheck = new HealthCheckConfig
        {
            Active = new ActiveHealthCheckConfig { Enabled = true, Interval = ProbePeriod, Timeout = ProbeTimeout, Policy = FrontendPolicies.PolicyName, Path = ReadyPath },
        },
    };

    private static Dictionary<string, DestinationConfig> Destinations(IEnumerable<Uri> addresses) =>
        addresses.ToDictionary(FrontendHealth.NameOf, a => new DestinationConfig { Address = a.ToString() });
}
