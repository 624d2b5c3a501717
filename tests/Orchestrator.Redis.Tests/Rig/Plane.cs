using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Orchestrator.Core;
using Orchestrator.Core.Cluster;
using Orchestrator.Core.Runtime;
using Orchestrator.Core.Serving;
using Orchestrator.Core.Time;
using Orchestrator.Protocol;
using Orchestrator.Redis.Connecting;
using Orchestrator.Serving;
using Orchestrator.Serving.Caching.Shared;
using Orchestrator.Serving.Prediction;
using Orchestrator.Serving.Replicas;

namespace Orchestrator.Redis.Tests.Rig;

/// <summary>A whole data plane as the host puts it together, on a real store, in front of replicas in this process.</summary>
internal sealed class Plane : IAsyncDisposable
{
    public const string Model = "m";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private readonly ServiceProvider _services;
    private long _revision;

    private Plane(ServiceProvider services) => _services = services;

    public ConcurrentDictionary<string, ComputingReplica> Replicas { get; private init; } = [];

    public PredictionService Predictions => _services.GetRequiredService<PredictionService>();

    public ServingState State => _services.GetRequiredService<ServingState>();

    public RedisConnection Connection => _services.GetRequiredService<RedisConnection>();

    public PendingWrites Writes => _services.GetRequiredService<PendingWrites>();

    public StoreBreaker Breaker => _services.GetRequiredService<StoreBreaker>();

    public SharedFlights Flights => _services.GetRequiredService<SharedFlights>();

    public IPredictionStore Store => _services.GetRequiredService<IPredictionStore>();

    /// <param name="redis">Null: none.</param>
    /// <param name="cacheBytes">Of the level in the process.</param>
    /// <param name="versions">Served, the first is the current one.</param>
    public static Task<Plane> StartAsync(RedisOptions? redis, long cacheBytes = 1 << 20, params string[] versions) => StartAsync(redis, _ => { }, cacheBytes, versions);

    public static async Task<Plane> StartAsync(RedisOptions? redis, Action<SharedCacheOptions> shared, long cacheBytes = 1 << 20, params string[] versions)
    {
        var replicas = new ConcurrentDictionary<string, ComputingReplica>();
        var services = new ServiceCollection();
        services.AddLogging();
        services.AddMetrics();
        services.AddSingleton<IServingSnapshots, InMemoryServingSnapshots>();
        services.AddSingleton<IFrontendReports, InMemoryFrontendReports>();
        services.AddServing();
        services.Configure<ServingOptions>(o => o.CacheBytes = cacheBytes);
        services.AddSingleton<Func<ReplicaEndpoint, IReplicaClient>>(_ => endpoint => replicas.GetOrAdd(endpoint.Id.ModelVersion.Version, v => new ComputingReplica(v)));
        if (redis is not null)
        {
            services.AddRedisPredictionStore(redis);
            services.AddSharedCache();
            services.Configure(shared);
        }

        var plane = new Plane(services.BuildServiceProvider()) { Replicas = replicas };
        foreach (var hosted in plane._services.GetServices<IHostedService>())
        {
            await hosted.StartAsync(CancellationToken.None);
        }

        await plane.ServeAsync(v => v, versions.Length == 0 ? ["1"] : versions);
        return plane;
    }

    public async Task ServeAsync(Func<ModelVersionSpec, ModelVersionSpec> change, params string[] versions)
    {
        var revision = ++_revision;
        await _services.GetRequiredService<IServingSnapshots>().PublishAsync(
            new ServingSnapshot { Revision = revision, Models = [new ServedModel { Name = Model, ServingVersion = versions[0], Versions = [.. versions.Select(v => Served(v, change))] }] },
            CancellationToken.None);
        await UntilAsync(() => State.Table.Snapshot.Revision == revision, "the snapshot is served");
    }

    public PredictionCall Call(double[] row, long[]? shape = null, string version = "1", TimeSpan? budget = null, string[]? outputs = null, double? factor = null) => new()
    {
        Target = State.Table.Models[Model].Versions[version],
        Inputs = [new Tensor("input", DataType.Fp64, shape ?? [1, row.Length], MemoryMarshal.AsBytes<double>(row).ToArray())],
        Outputs = [.. (outputs ?? []).Select(o => new RequestedOutput(o))],
        Parameters = factor is { } f ? new Dictionary<string, JsonElement> { ["factor"] = JsonSerializer.SerializeToElement(f) } : null,
        Deadline = Deadline.After(TimeProvider.System, budget ?? Patience),
    };

    public Task<PredictionOutcome> AskAsync(params double[] row) => Predictions.PredictAsync(Call(row), CancellationToken.None).AsTask();

    /// <summary>Until Redis can be asked and the breaker lets it.</summary>
    public Task UntilConnectedAsync() => UntilAsync(() => Store.Problem is null, "Redis is connected");

    /// <summary>Until nothing waits to be written.</summary>
    public async Task UntilWrittenAsync(RedisServer server, int keys)
    {
        using var limit = new CancellationTokenSource(Patience, TimeProvider.System);
        while (await server.AskAsync("DBSIZE") != $":{keys}\r\n")
        {
            limit.IsCancellationRequested.ShouldBeFalse($"waited in vain for {keys} keys, there are {await server.AskAsync("DBSIZE")}");
            await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System);
        }
    }

    public static async Task UntilAsync(Func<bool> condition, string what)
    {
        using var limit = new CancellationTokenSource(Patience, TimeProvider.System);
        while (!condition())
        {
            limit.IsCancellationRequested.ShouldBeFalse($"waited in vain until {what}");
            await Task.Delay(TimeSpan.FromMilliseconds(2), TimeProvider.System);
        }
    }

    /// <summary>Ends what would renew or give back a lease, or write an answer: all that others could notice of a process that lives.</summary>
    public async Task KillAsync()
    {
        foreach (var hosted in _services.GetServices<IHostedService>().Where(s => s is FlightLoop or SharedWriteLoop))
        {
            await hosted.StopAsync(CancellationToken.None);
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var hosted in _services.GetServices<IHostedService>().Reverse())
        {
            await hosted.StopAsync(CancellationToken.None);
        }

        await _services.DisposeAsync();
    }

    private static ServedVersion Served(string version, Func<ModelVersionSpec, ModelVersionSpec> change) => new()
    {
        Spec = change(new ModelVersionSpec { Version = version, Framework = "noop" }),
        Signature = new ModelSignature { Inputs = [new("input", "FP64", [-1, -1])], Outputs = [new("sum", "FP64", [-1]), new("max", "FP32", [-1, 1])] },
        Replicas = [new ReplicaEndpoint { Id = new ReplicaId(new ModelVersionId(Model, version), "a"), Address = new ContainerAddress("127.0.0.1", 1) }],
    };
}
