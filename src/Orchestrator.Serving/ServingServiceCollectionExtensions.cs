using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using Orchestrator.Core.Features;
using Orchestrator.Core.Serving;
using Orchestrator.Serving.Caching;
using Orchestrator.Serving.Caching.Shared;
using Orchestrator.Serving.Features;
using Orchestrator.Serving.Metrics;
using Orchestrator.Serving.Prediction;
using Orchestrator.Serving.Replicas;
using Orchestrator.Serving.Routing;

namespace Orchestrator.Serving;

/// <summary>Puts the data plane together.</summary>
public static class ServingServiceCollectionExtensions
{
    /// <summary>Registers <see cref="PredictionService"/>, <see cref="ServingState"/> and the loop that feeds them. Needs <see cref="IServingSnapshots"/> and <see cref="IFrontendReports"/>.</summary>
    public static IServiceCollection AddServing(this IServiceCollection services)
    {
        services.AddOptions<ServingOptions>().ValidateDataAnnotations().ValidateOnStart();
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton<IServingLease, EmbeddedServingLease>();
        services.AddSingleton<ServingState>();
        services.AddSingleton<ServingMetrics>();
        services.AddSingleton(p => new PredictionCache(p.GetRequiredService<IOptions<ServingOptions>>().Value.CacheBytes, p.GetRequiredService<TimeProvider>()));
        services.AddSingleton<IItemSink>(p => new CacheSink(p.GetRequiredService<PredictionCache>(), p.GetService<SharedCache>()));
        services.AddSingleton<Func<ReplicaEndpoint, IReplicaClient>>(p =>
        {
            var (lease, time) = (p.GetRequiredService<IServingLease>(), p.GetRequiredService<TimeProvider>());
            return endpoint => new HttpReplicaClient(endpoint, lease, time);
        });
        services.AddSingleton<UpdaterContext>();
        services.AddSingleton(p =>
        {
            var updater = ActivatorUtilities.CreateInstance<ServingTableUpdater>(p);
            p.GetRequiredService<ServingMetrics>().Observe(updater.QueueLengths, updater.InFlight, p.GetRequiredService<PredictionCache>(), p.GetRequiredService<IServingLease>());
            return updater;
        });
        services.AddSingleton(p => new PredictionService(
            p.GetRequiredService<PredictionCache>(), p.GetRequiredService<ServingMetrics>(), p.GetRequiredService<TimeProvider>(), p.GetService<SharedCache>(), p.GetRequiredService<IServingLease>(),
            p.GetService<SharedFlights>()));
        services.TryAddSingleton<IFeatureStore, NoFeatureStore>();
        services.AddSingleton<FeatureMetrics>();
        services.AddSingleton(p => new FeatureLookup(p.GetRequiredService<IFeatureStore>(), p.GetRequiredService<FeatureMetrics>(), p.GetRequiredService<TimeProvider>()));
        services.AddSingleton(p =>
        {
            var (cache, features) = (p.GetService<StoreBreaker>(), p.GetRequiredService<FeatureLookup>());
            return new StoresLeftAlone([() => cache?.LeftAlone, () => features.LeftAlone]);
        });
        services.AddHostedService<ServingLoop>();
        return services;
    }
}
