using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Orchestrator.Core.Registry;
using Orchestrator.Core.Serving;
using Orchestrator.Redis.Connecting;
using Orchestrator.Redis.Registry;

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

    /// <summary>Registers <see cref="IModelRegistry"/> and <see cref="IControlLease"/> on Redis, with a connection of their own: a cache under load must not delay them.</summary>
    /// <param name="services">Where.</param>
    /// <param name="redis">Validated.</param>
    /// <param name="options">Of the registry, made when it is first asked for.</param>
    public static IServiceCollection AddRedisModelRegistry(this IServiceCollection services, RedisOptions redis, Func<IServiceProvider, RedisRegistryOptions> options)
    {
        ArgumentNullException.ThrowIfNull(redis);
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton(p => Make(p, redis.ForState(), options(p)));
        services.AddSingleton<IHostedService>(p => p.GetRequiredService<RegistryParts>().Connection);
        services.AddSingleton<IHostedService>(p => p.GetRequiredService<RegistryParts>().Loop);
        services.AddSingleton<IModelRegistry>(p => p.GetRequiredService<RegistryParts>().Registry);
        services.AddSingleton<IControlLease>(p => p.GetRequiredService<RegistryParts>().Loop);
        return services;
    }

    private static RegistryParts Make(IServiceProvider services, RedisOptions redis, RedisRegistryOptions options)
    {
        var time = services.GetRequiredService<TimeProvider>();
        var connection = new RedisConnection(redis, time, services.GetRequiredService<ILogger<RedisConnection>>(), RegistryCalls.ChannelOf(redis.KeyPrefix));
        var calls = new RegistryCalls(connection, redis, time);
        var registry = new RedisModelRegistry(calls, new RegistryCopy(options.CopyPath), options, time, services.GetRequiredService<ILogger<RedisModelRegistry>>());
        return new RegistryParts(connection, registry, new ControlLeaseLoop(registry, connection, calls, options, time, services.GetRequiredService<ILogger<ControlLeaseLoop>>()));
    }

    private sealed record RegistryParts(RedisConnection Connection, RedisModelRegistry Registry, ControlLeaseLoop Loop);
}
