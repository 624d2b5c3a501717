using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.ObjectPool;
using Orchestrator.Core.Serving;
using Orchestrator.Host.Composition;
using Orchestrator.Host.Options;
using Orchestrator.Host.Query.Applications;
using Orchestrator.Host.Query.Applications.Features;
using Orchestrator.Host.Query.Containers;
using Orchestrator.Host.Query.Http;
using Orchestrator.Host.Query.OpenInference;
using Orchestrator.Serving;
using Orchestrator.Serving.Features;
using Orchestrator.Serving.Prediction;
using Yarp.ReverseProxy.Configuration;
using Yarp.ReverseProxy.Forwarder;
using Yarp.ReverseProxy.Health;
using Yarp.ReverseProxy.Model;

namespace Orchestrator.Host.Query;

/// <summary>The query frontend: predictions, the Open Inference Protocol, and pass-through to containers, on a port of its own.</summary>
internal sealed class QuerySurface(IServiceProvider core, HostOptions options, ILogger<QuerySurface> logger) : Surface(core, SurfacePort.Queries("query frontend", options), logger)
{
    // Sized for a frontend that any client may reach: a connection that sends slowly or nothing is given up before it costs much.
    private static readonly TimeSpan HeadersTimeout = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan KeepAlive = TimeSpan.FromSeconds(130);
    private const int MaxHeadersBytes = 16 * 1024;
    private const int DrainedBodies = 4;

    protected override bool TakesRequestsInline => true;

    protected override void ConfigureServices(IServiceCollection services)
    {
        Share<ServingState>(services);
        Share<IServingLease>(services);
        Share<PredictionService>(services);
        Share<ServedClusters>(services);
        Share<FeatureLookup>(services);
        services.AddSingleton(AnswerBuffer.CreatePool());
        services.AddSingleton<JsonErrors>();
        services.AddSingleton<QueryIds>();
        services.AddSingleton<PredictAnswerWriter>();
        services.AddSingleton<FeatureJoiner>();
        services.AddSingleton<PredictBodyReader>();
        services.AddSingleton<PredictReplies>();
        services.AddSingleton<PredictMiddleware>();
        services.AddSingleton<InferMiddleware>();
        services.AddSingleton<ModelEndpoints>();
        services.AddSingleton<ContainerForwardMiddleware>();
        services.AddReverseProxy();
        services.AddSingleton<IProxyConfigProvider>(s => s.GetRequiredService<ServedClusters>());
        services.AddSingleton<IPassiveHealthCheckPolicy, FirstFailurePolicy>();
        services.Replace(ServiceDescriptor.Singleton<IForwarderHttpClientFactory, ReplicaHttpClientFactory>());
    }

    protected override void ConfigureLimits(Microsoft.AspNetCore.Server.Kestrel.Core.KestrelServerLimits limits)
    {
        limits.MaxRequestHeadersTotalSize = MaxHeadersBytes;
        limits.RequestHeadersTimeout = HeadersTimeout;
        limits.KeepAliveTimeout = KeepAlive;

        // Our own check comes first and answers in JSON; this one bounds what Kestrel drains of a body that nobody read, so that most clients that send too
        // much get to read the 413 instead of a broken connection. Pass-through lifts it per request.
        limits.MaxRequestBodySize = DrainedBodies * (long)options.MaxBodyBytes;
    }

    protected override void Configure(WebApplication app)
    {
        app.UseMiddleware<FailureMiddleware>();
        app.UseRouting();
        app.Services.GetRequiredService<ModelEndpoints>().Map(app);
        app.MapReverseProxy(pipeline =>
        {
            pipeline.Use(EndOwnRequests(app.Services));
            pipeline.UseLoadBalancing();
            pipeline.UsePassiveHealthChecks();
        });
    }

    /// <summary>Predictions end here; what is left belongs to a container and goes on through YARP's steps.</summary>
    private static Func<RequestDelegate, RequestDelegate> EndOwnRequests(IServiceProvider services)
    {
        var predict = services.GetRequiredService<PredictMiddleware>();
        var infer = services.GetRequiredService<InferMiddleware>();
        var containers = services.GetRequiredService<ContainerForwardMiddleware>();
        return forward => context =>
        {
            var values = context.Request.RouteValues;
            return context.GetRouteModel().Config.RouteId switch
            {
                ProxyRoutes.Predict => predict.AnswerAsync(context, (string)values["app"]!),
                ProxyRoutes.Infer => infer.AnswerAsync(context, (string)values["model"]!, null),
                ProxyRoutes.InferVersion => infer.AnswerAsync(context, (string)values["model"]!, (string)values["version"]!),
                _ => containers.ForwardAsync(context, forward),
            };
        };
    }
}
