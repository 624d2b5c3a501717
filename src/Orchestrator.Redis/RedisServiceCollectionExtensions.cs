using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Orchestrator.Core.Admin;
using Orchestrator.Core.Features;
using Orchestrator.Core.Registry;
using Orchestrator.Core.Serving;
using Orchestrator.Redis.Connecting;
using Orchestrator.Redis.Features;
using Orchestrator.Redis.Frontends;
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
        AddCommon(services);
        services.AddSingleton(options);
        services.AddSingleton<RedisConnection>();
        services.AddHostedService(p => p.GetRequiredService<RedisConnection>());
        services.AddSingleton<IPredictionStore, RedisPredictionStore>();
        return services;
    }

    /// <summary>Registers <see cref="IFeatureStore"/> on Redis, and the loop that keeps it connected.</summary>
    /// <param name="services">Where.</param>
    /// <param name="redis">Validated.</param>
    public static IServiceCollection AddRedisFeatureStore(this IServiceCollection services, RedisOptions redis)
    {
        ArgumentNullException.ThrowIfNull(redis);
        AddCommon(services);
        services.AddSingleton(p =>
        {
            var time = p.GetRequiredService<TimeProvider>();
            return new RedisFeatureStore(new RedisConnection(redis, time, p.GetRequiredService<ILogger<RedisConnection>>(), use: RedisUse.Features), redis, time);
        });
        services.AddSingleton<IFeatureStore>(p => p.GetRequiredService<RedisFeatureStore>());
        services.AddSingleton<IHostedService>(p => p.GetRequiredService<RedisFeatureStore>().Connection);
        return services;
    }

    /// <summary>Registers <see cref="IModelRegistry"/> and <see cref="IControlLease"/> on Redis.</summary>
    /// <param name="services">Where.</param>
    /// <param name="redis">Validated.</param>
    /// <param name="options">Of the registry, made when it is first asked for.</param>
    public static IServiceCollection AddRedisModelRegistry(this IServiceCollection services, RedisOptions redis, Func<IServiceProvider, RedisRegistryOptions> options)
    {
        ArgumentNullException.ThrowIfNull(redis);
        AddState(services, redis.ForState());
        services.AddSingleton(p => Make(p, redis.ForState(), options(p)));
        services.AddSingleton<IHostedService>(p => p.GetRequiredService<RegistryParts>().Loop);
        services.AddSingleton<IModelRegistry>(p => p.GetRequiredService<RegistryParts>().Registry);
        services.AddSingleton<IControlLease>(p => p.GetRequiredService<RegistryParts>().Loop);
        return services;
    }

    /// <summary>Registers <see cref="IServingSnapshots"/>, <see cref="IFrontendReports"/> and <see cref="IServingLease"/> on Redis: the control plane and its frontends in several processes.</summary>
    /// <param name="services">Where; <see cref="AddRedisModelRegistry"/> before, in a process that may be the control plane.</param>
    /// <param name="redis">Validated.</param>
    /// <param name="mayControl">Whether this process may be the control plane.</param>
    public static IServiceCollection AddRedisFrontends(this IServiceCollection services, RedisOptions redis, bool mayControl)
    {
        ArgumentNullException.ThrowIfNull(redis);
        AddState(services, redis.ForState());
        services.AddSingleton(p => new RedisServingSnapshots(
            p.GetRequiredService<StateConnection>(), mayControl ? () => p.GetRequiredService<RegistryParts>().Registry.LeaseToken : null,
            p.GetRequiredService<TimeProvider>(), p.GetRequiredService<ILogger<RedisServingSnapshots>>()));
        services.AddSingleton<RedisFrontendReports>();
        services.AddSingleton<IServingSnapshots>(p => p.GetRequiredService<RedisServingSnapshots>());
        services.AddSingleton<IFrontendReports>(p => p.GetRequiredService<RedisFrontendReports>());
        services.AddSingleton<IServingLease>(p => p.GetRequiredService<RedisFrontendReports>());
        services.AddHostedService(p => p.GetRequiredService<RedisServingSnapshots>());
        services.AddHostedService<FrontendLeaving>();
        return services;
    }

    private static void AddCommon(IServiceCollection services)
    {
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton<IRedisHealth, RedisHealth>();
    }

    private static void AddState(IServiceCollection services, RedisOptions redis)
    {
        if (services.Any(s => s.ServiceType == typeof(StateConnection)))
        {
            return;
        }

        AddCommon(services);
        services.AddSingleton(p =>
        {
            var time = p.GetRequiredService<TimeProvider>();
            return new StateConnection(new RedisConnection(redis, time, p.GetRequiredService<ILogger<RedisConnection>>(), StateConnection.ChannelOf(redis.KeyPrefix)), redis, time);
        });
        services.AddSingleton<IHostedService>(p => p.GetRequiredService<StateConnection>().Connection);
    }

    private static RegistryParts Make(IServiceProvider services, RedisOptions redis, RedisRegistryOptions options)
    {
        var time = services.GetRequiredService<TimeProvider>();
        var state = services.GetRequiredService<StateConnection>();
        var calls = new RegistryCalls(state, redis, time);
        var registry = new RedisModelRegistry(calls, new RegistryCopy(options.CopyPath), options, time, services.GetRequiredService<ILogger<RedisModelRegistry>>());
        return new RegistryParts(registry, new ControlLeaseLoop(registry, state.Connection, calls, options, time, services.GetRequiredService<ILogger<ControlLeaseLoop>>()));
    }

    private sealed record RegistryParts(RedisModelRegistry Registry, ControlLeaseLoop Loop);
}
