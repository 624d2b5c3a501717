using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Orchestrator.Core.Serving;

namespace Orchestrator.Serving.Caching.Shared;

/// <summary>Puts the second level of the prediction cache in place.</summary>
public static class SharedCacheExtensions
{
    /// <summary>Makes the data plane share its answers through the registered <see cref="IPredictionStore"/>. Without this call it has the level in its process only.</summary>
    public static IServiceCollection AddSharedCache(this IServiceCollection services)
    {
        services.AddOptions<SharedCacheOptions>().ValidateDataAnnotations().ValidateOnStart();
        services.AddSingleton(p => new SharedCacheSettings(p.GetRequiredService<IOptions<SharedCacheOptions>>().Value, p.GetRequiredService<TimeProvider>()));
        services.AddSingleton<SharedCacheMetrics>();
        services.AddSingleton(p => new PendingWrites(p.GetRequiredService<SharedCacheSettings>().Options, p.GetRequiredService<FlightTable>(), p.GetRequiredService<SharedCacheMetrics>()));
        services.AddSingleton(p =>
        {
            var settings = p.GetRequiredService<SharedCacheSettings>();
            return new StoreBreaker(p.GetRequiredService<IPredictionStore>(), settings.Options.BreakFor, settings.Time);
        });
        services.AddSingleton<FlightTable>();
        services.AddSingleton(Make);
        services.AddSingleton<SharedFlights>();
        services.AddHostedService<SharedWriteLoop>();
        services.AddHostedService<FlightLoop>();
        services.AddHostedService<ScopeSweepLoop>();
        return services;
    }

    private static SharedCache Make(IServiceProvider services)
    {
        var breaker = services.GetRequiredService<StoreBreaker>();
        var writes = services.GetRequiredService<PendingWrites>();
        var metrics = services.GetRequiredService<SharedCacheMetrics>();
        metrics.Observe(services.GetRequiredService<IPredictionStore>(), () => breaker.Level, () => writes.Count);
        return new SharedCache(services.GetRequiredService<PredictionCache>(), breaker, writes, services.GetRequiredService<FlightTable>(), metrics, services.GetRequiredService<SharedCacheSettings>());
    }
}
