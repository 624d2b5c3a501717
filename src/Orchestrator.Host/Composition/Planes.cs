using Orchestrator.Control;
using Orchestrator.Core.Artefacts;
using Orchestrator.Core.Cluster.Validation;
using Orchestrator.Core.Features;
using Orchestrator.Core.Images;
using Orchestrator.Core.Registry;
using Orchestrator.Core.Runtime;
using Orchestrator.Core.Serving;
using Orchestrator.Docker;
using Orchestrator.Docker.Building;
using Orchestrator.Host.Options;
using Orchestrator.Processes;
using Orchestrator.Redis;
using Orchestrator.Redis.Registry;
using Orchestrator.Serving;
using Orchestrator.Serving.Caching.Shared;
using Orchestrator.Storage.Artefacts;
using Orchestrator.Storage.Registry;

namespace Orchestrator.Host.Composition;

/// <summary>The adapters of this edition (disk or Redis, child processes or Docker, in memory between the planes), and the two planes over them.</summary>
internal static class Planes
{
    public static void Add(IServiceCollection services, HostOptions options)
    {
        if (RedisConnectionReader.Read(options, []) is { } features)
        {
            services.AddRedisFeatureStore(features);
        }

        var redis = options.HasRedisRegistry ? RedisConnectionReader.Read(options, []) : null;
        if (options.HasControl)
        {
            AddControlPorts(services, options, redis);
        }

        if (redis is not null)
        {
            services.AddRedisFrontends(redis, options.HasControl);
        }
        else
        {
            services.AddSingleton<IServingSnapshots, InMemoryServingSnapshots>();
            services.AddSingleton<IFrontendReports, InMemoryFrontendReports>();
        }

        if (options.HasControl)
        {
            services.AddControlPlane();
        }

        if (options.HasFrontend)
        {
            services.AddServing();
            services.Configure<ServingOptions>(o => o.CacheBytes = options.CacheBytes);
            AddSharedCache(services, options);
        }
        else
        {
            // Nothing is served here: metrics have nothing to show of it.
            services.AddSingleton<ServingState>();
        }
    }

    private static void AddControlPorts(IServiceCollection services, HostOptions options, RedisOptions? redis)
    {
        AddStorage(services, options, redis);
        services.AddSingleton(_ => FrameworkCatalog.Load(options.ContainersDirectory));
        if (options.Runtime == DockerContainerRuntime.RuntimeName)
        {
            AddDocker(services, options);
        }
        else
        {
            AddProcesses(services, options);
        }

        services.AddSingleton(s => ValidationContext.ForServer(
            s.GetRequiredService<FrameworkCatalog>().Names, s.GetRequiredService<IContainerRuntime>().Name, s.GetRequiredService<IArtefactStore>()) with { HasFeatureStore = s.GetService<IFeatureStore>() is { } and not NoFeatureStore });
    }

    /// <summary>The embedded default is none: then the prediction cache is the one in this process.</summary>
    internal static void AddSharedCache(IServiceCollection services, HostOptions options)
    {
        if (RedisConnectionReader.Read(options, []) is { } redis)
        {
            services.AddRedisPredictionStore(redis);
            services.AddSharedCache();
        }
    }

    // Opened when first asked for, which is before anything is started: the registry's lock fails a second orchestrator on the same folder.
    private static void AddStorage(IServiceCollection services, HostOptions options, RedisOptions? redis)
    {
        services.AddSingleton(s => DiskModelRegistry.Open(Path.Combine(options.StateDirectory, "registry"), s.GetRequiredService<ILogger<DiskModelRegistry>>()));
        services.AddSingleton<IArtefactStore>(s => DiskArtefactStore.Open(
            options.ArtefactsDirectory ?? Path.Combine(options.StateDirectory, "artefacts"), new ArtefactStoreOptions(), s.GetRequiredService<TimeProvider>(), s.GetRequiredService<ILogger<DiskArtefactStore>>()));
        if (redis is not null)
        {
            AddRedisRegistry(services, options, redis);
        }
        else
        {
            services.AddSingleton<IModelRegistry>(s => s.GetRequiredService<DiskModelRegistry>());
        }
    }

    private static void AddRedisRegistry(IServiceCollection services, HostOptions options, RedisOptions redis)
    {
        services.AddRedisModelRegistry(redis, s =>
        {
            // Opened all the same: the folder is this process's alone, for its containers and the copy are in it, and what it held before there was Redis is taken over once.
            var disk = s.GetRequiredService<DiskModelRegistry>();
            return new RedisRegistryOptions
            {
                CopyPath = Path.Combine(options.StateDirectory, "registry", "redis-copy.json"),
                Name = $"{Environment.MachineName}, process {Environment.ProcessId}, admin API {options.AdminHost}:{options.AdminPort}",
                Import = disk.ReadAsync,
            };
        });
        services.AddHostedService<LeaseWatch>();
    }

    private static void AddProcesses(IServiceCollection services, HostOptions options)
    {
        services.AddSingleton<IImageBuilder>(s => new NoImageBuilder(s.GetRequiredService<IContainerRuntime>().Name));
        services.AddSingleton<IContainerRuntime>(s => new ProcessContainerRuntime(
            new ProcessRuntimeOptions { WorkFolder = Path.Combine(options.StateDirectory, "processes") },
            s.GetRequiredService<FrameworkCatalog>(), s.GetRequiredService<TimeProvider>(), s.GetRequiredService<ILogger<ProcessContainerRuntime>>()));
    }

    private static void AddDocker(IServiceCollection services, HostOptions options)
    {
        services.AddSingleton<IImageBuilder>(s => new DockerImageBuilder(options.ImagePrefix, s.GetRequiredService<TimeProvider>()));
        services.AddSingleton<IContainerRuntime>(s => new DockerContainerRuntime(
            new DockerRuntimeOptions
            {
                WorkFolder = Path.Combine(options.StateDirectory, "docker"),
                ImagePrefix = options.ImagePrefix,
                Network = options.DockerNetwork.Length > 0 ? options.DockerNetwork : null,
            },
            s.GetRequiredService<TimeProvider>(), s.GetRequiredService<ILogger<DockerContainerRuntime>>()));
    }
}
