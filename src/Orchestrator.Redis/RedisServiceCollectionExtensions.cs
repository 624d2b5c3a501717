using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Orchestrator.Core.Serving;
using Orchestrator.Redis.Connecting;

namespace Orchestrator.Redis;

/// <summary>Puts the adapter in place.</summary>
public static class RedisServiceCollectionExtensions
{
    /// <summary>Registers <see cref="IPredictionStore"/> on Redis, and the loop that keeps it connected.</summary>
    /// <param name="services">Where.</param>
    /// <param name="options">Validated.</param>
    public static IServiceCollection AddRedisPredictionStore(this IServiceCollection services, RedisOptions options)
    {
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton(options);
        services.AddSingleton<RedisConnection>();
        services.AddHostedService(p => p.GetRequiredService<RedisConnection>());
        services.AddSingleton<IPredictionStore, RedisPredictionStore>();
        return services;
    }
}
