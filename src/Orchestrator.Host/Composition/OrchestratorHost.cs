using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging.Console;
using Orchestrator.Core.Features;
using Orchestrator.Host.Admin;
using Orchestrator.Host.Gateway;
using Orchestrator.Host.Options;
using Orchestrator.Host.Query;
using Orchestrator.Host.Query.Containers;
using Orchestrator.Host.Telemetry;
using Orchestrator.Serving;

namespace Orchestrator.Host.Composition;

/// <summary>Puts the process together: ports and their adapters, control plane, data plane, the two surfaces.</summary>
internal static class OrchestratorHost
{
    /// <summary>Everything, ready to be started.</summary>
    /// <param name="options">Validated.</param>
    /// <param name="addPlanes">Adds ports, control plane and data plane; null: those of <see cref="Planes"/>.</param>
    public static IHost Build(HostOptions options, Action<IServiceCollection, HostOptions>? addPlanes = null)
    {
        var builder = Microsoft.Extensions.Hosting.Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        var services = builder.Services;
        AddLogging(builder.Logging);
        services.AddMetrics();
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton(options);
        services.Configure<Microsoft.Extensions.Hosting.HostOptions>(o => o.ShutdownTimeout = ShutdownTimeout(options));

        // Hosted services start in this order and stop in the opposite one: the surfaces come last, so that work stops coming in before anything that does it ends.
        services.AddSingleton<BackgroundLoops>();
        services.AddSingleton<MetricsScrape>();
        services.AddSingleton<SharedStoreHealth>();
        services.AddSingleton<Readiness>();
        services.AddHostedService<TelemetryService>();
        services.AddHostedService<OptionsLog>();
        if (!options.IsGateway)
        {
            (addPlanes ?? Planes.Add)(services, options);
        }

        services.TryAddSingleton<IFeatureStore, NoFeatureStore>();
        services.AddHostedService<MetricsLoop>();
        AddSurface<AdminSurface>(services);
        if (options.HasFrontend)
        {
            services.AddSingleton<ServedClusters>();
            services.AddHostedService<ServedClustersLoop>();
            AddSurface<QuerySurface>(services);
        }
        else if (options.IsGateway)
        {
            services.AddSingleton<FrontendHealth>();
            services.AddSingleton<GatewayMetrics>();

            // Both warn at each probe and request while a frontend is away; FrontendPolicies says once that it is, and when it is back.
            builder.Logging.AddFilter("Yarp.ReverseProxy.Health", LogLevel.Error).AddFilter("Yarp.ReverseProxy.LoadBalancing", LogLevel.Error);
            AddSurface<GatewaySurface>(services);

            // Nothing is served here: metrics have nothing to show of it.
            services.AddSingleton<ServingState>();
        }

        return builder.Build();
    }

    // In flight requests, then containers: each has its own bound, this is only the sum that the host must allow.
    private static TimeSpan ShutdownTimeout(HostOptions options) => options.DrainTimeout * 2 + TimeSpan.FromSeconds(20);

    private static void AddSurface<T>(IServiceCollection services) where T : Surface
    {
        services.AddSingleton<T>(s => ActivatorUtilities.CreateInstance<T>(s));
        services.AddHostedService(s => s.GetRequiredService<T>());
    }

    private static void AddLogging(ILoggingBuilder logging)
    {
        logging.AddSimpleConsole(console =>
        {
            console.SingleLine = true;
            console.TimestampFormat = "yyyy-MM-ddTHH:mm:ss.fffZ ";
            console.UseUtcTimestamp = true;
            console.ColorBehavior = Console.IsErrorRedirected ? LoggerColorBehavior.Disabled : LoggerColorBehavior.Default;
        });
        logging.Services.Configure<ConsoleLoggerOptions>(console =>
        {
            console.LogToStandardErrorThreshold = LogLevel.Trace;

            // A terminal that nobody lets go on (Ctrl-S) must not stop the threads that answer.
            console.QueueFullMode = ConsoleLoggerQueueFullMode.DropWrite;
        });
        logging.SetMinimumLevel(LogLevel.Information);
        logging.AddFilter("Microsoft", LogLevel.Warning);
        logging.AddFilter("Yarp", LogLevel.Warning);

        // Warns with a stack trace for each client that leaves a stream; ContainerForwardMiddleware says in one line what is worth saying.
        logging.AddFilter("Yarp.ReverseProxy.Forwarder", LogLevel.Error);

        // YARP brings it for cookies that we do not use; in a container it warns at every start that its keys will not last.
        logging.AddFilter("Microsoft.AspNetCore.DataProtection", LogLevel.Error);

        // Even its Critical level would make ASP.NET Core start an activity and a log scope per request.
        logging.AddFilter("Microsoft.AspNetCore.Hosting.Diagnostics", LogLevel.None);

        // What it logs of a failed start it throws as well, and HostProgram says it in one line.
        logging.AddFilter("Microsoft.Extensions.Hosting.Internal.Host", LogLevel.None);
    }
}
