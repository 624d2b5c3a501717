using Microsoft.AspNetCore.Server.Kestrel.Core;
using Orchestrator.Core.Admin;
using Orchestrator.Core.Artefacts;
using Orchestrator.Core.Features;
using Orchestrator.Core.Images;
using Orchestrator.Core.Json;
using Orchestrator.Core.Runtime;
using Orchestrator.Host.Composition;
using Orchestrator.Host.Options;
using Orchestrator.Host.Telemetry;

namespace Orchestrator.Host.Admin;

/// <summary>The admin API, health and metrics, on a port of their own.</summary>
internal sealed class AdminSurface(IServiceProvider core, HostOptions options, ILogger<AdminSurface> logger) : Surface(core, SurfacePort.Admin(options), logger)
{
    private const int MaxHeaderBytes = 1024 * 1024;
    private const string OpenApiPath = "/openapi/{documentName}.json";

    protected override void ConfigureServices(IServiceCollection services)
    {
        if (options.HasControl)
        {
            Share<IControlPlane>(services);
            Share<IArtefactStore>(services);
            Share<FrameworkCatalog>(services);
            Share<IImageBuilder>(services);
            Share<IFeatureStore>(services);
        }

        Share<Readiness>(services);
        Share<BackgroundLoops>(services);
        Share<MetricsScrape>(services);
        Share<SharedStoreHealth>(services);

        // A query parameter that does not parse: AdminErrors makes it the same JSON as everything else.
        services.Configure<RouteHandlerOptions>(o => o.ThrowOnBadRequest = true);

        // For the schemas in the OpenAPI document; bodies are read and written with CoreJson itself.
        services.ConfigureHttpJsonOptions(json =>
        {
            json.SerializerOptions.TypeInfoResolverChain.Insert(0, CoreJson.Default);
            json.SerializerOptions.Converters.Add(new DurationConverter());
            json.SerializerOptions.Converters.Add(new System.Text.Json.Serialization.JsonStringEnumConverter());
        });
        services.AddOpenApi("v1", openApi =>
        {
            openApi.AddDocumentTransformer((document, _, _) =>
            {
                document.Info.Title = "Orchestrator admin API";
                document.Servers?.Clear();
                return Task.CompletedTask;
            });
            openApi.AddSchemaTransformer(DurationSchema.TransformAsync);
        });
    }

    // Operators' port: uploads may be large and slow, everything else is bounded by AdminBody.
    protected override void ConfigureLimits(KestrelServerLimits limits)
    {
        limits.MaxRequestBodySize = AdminBody.MaxBytes;

        // A dry run names what it would upload in a header, 73 bytes each: the usual 32 KiB end at some 440 artefacts.
        limits.MaxRequestHeadersTotalSize = MaxHeaderBytes;
        limits.MaxRequestBufferSize = Math.Max(limits.MaxRequestBufferSize ?? 0, 2L * MaxHeaderBytes);
    }

    protected override void Configure(WebApplication app)
    {
        app.UseMiddleware<AdminErrors>();
        app.UseMiddleware<BrowserGuard>();
        app.UseRouting();
        app.MapOpenApi(OpenApiPath);
        HealthEndpoints.Map(app);
        MetricsEndpoint.Map(app);
        if (!options.HasControl)
        {
            var itself = options.IsGateway ? "gateway" : "query frontend";
            app.Map("/api/{**path}", () => Results.Text($"This process is a {itself}; ask the control plane.\n", statusCode: StatusCodes.Status404NotFound)).ExcludeFromDescription();
            return;
        }

        var api = app.MapGroup("/api/v1");
        ClusterEndpoints.Map(api);
        ModelEndpoints.Map(api);
        ReplicaEndpoints.Map(api);
        ApplicationEndpoints.Map(api);
        ArtefactEndpoints.Map(api);
        EventEndpoints.Map(api);
        BuildEndpoints.Map(api);
        FeatureEndpoints.Map(api);
    }
}
