using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Orchestrator.Core.Admin;
using Orchestrator.Core.Artefacts;
using Orchestrator.Core.Cluster;
using Orchestrator.Core.Images;
using Orchestrator.Core.Runtime;
using Orchestrator.Core.Serving;
using Orchestrator.Host.Admin;
using Orchestrator.Host.Composition;
using Orchestrator.Host.Query;
using Orchestrator.Serving;
using Orchestrator.Storage.Artefacts;
using Yarp.ReverseProxy;

namespace Orchestrator.Host.Tests.Rig;

/// <summary>The whole host on free ports: real Kestrel, YARP, data plane and artefact store; control plane and containers are fakes.</summary>
internal sealed class HostRig : IAsyncDisposable
{
    private readonly IHost _host;
    private readonly string _folder;
    private readonly List<FakeContainer> _containers = [];
    private long _revision;

    private HostRig(IHost host, string folder)
    {
        _host = host;
        _folder = folder;
        Query = new HttpClient { BaseAddress = host.Services.GetRequiredService<QuerySurface>().Address };
        Admin = new HttpClient { BaseAddress = host.Services.GetRequiredService<AdminSurface>().Address };
    }

    public HttpClient Query { get; }

    public HttpClient Admin { get; }

    public FakeControlPlane Control => (FakeControlPlane)_host.Services.GetRequiredService<IControlPlane>();

    public IServiceProvider Services => _host.Services;

    public IReadOnlyList<FakeContainer> Containers => _containers;

    public static async Task<HostRig> StartAsync(Action<HostOptions>? configure = null, TimeProvider? time = null, Action<IServiceCollection>? add = null)
    {
        var folder = Directory.CreateTempSubdirectory("host-tests-").FullName;
        var options = new HostOptions { QueryPort = 0, AdminPort = 0, StateDirectory = folder, ContainersDirectory = folder, DrainTimeout = TimeSpan.FromSeconds(2) };
        configure?.Invoke(options);
        var host = OrchestratorHost.Build(options, (services, _) =>
        {
            services.AddSingleton<IServingSnapshots, InMemoryServingSnapshots>();
            services.AddSingleton<IFrontendReports, InMemoryFrontendReports>();
            services.AddSingleton<IControlPlane, FakeControlPlane>();
            services.AddSingleton<IImageBuilder, FakeImageBuilder>();
            services.AddSingleton(new FrameworkCatalog([new ContainerManifest { Framework = "noop", Command = ["noop"] }]));
            services.AddSingleton<IArtefactStore>(s => DiskArtefactStore.Open(
                Path.Combine(folder, "artefacts"), new ArtefactStoreOptions(), TimeProvider.System, s.GetRequiredService<ILogger<DiskArtefactStore>>()));
            if (time is not null)
            {
                services.AddSingleton(time);
            }

            services.AddServing();
            add?.Invoke(services);
        });
        await host.StartAsync();
        return new HostRig(host, folder);
    }

    /// <summary>With every fake model served by one container, and applications over them: <c>x</c> without, <c>x-default</c> with a default output of -1.</summary>
    public static async Task<HostRig> StartWithModelsAsync(Action<HostOptions>? configure = null)
    {
        var rig = await StartAsync(configure);
        var container = await rig.AddContainerAsync();
        var models = FakeModels.Signatures.Keys.Select(name => new ServedModel
        {
            Name = name,
            ServingVersion = "1",
            Timeout = name == "hang" ? TimeSpan.FromMilliseconds(100) : TimeSpan.FromSeconds(20),
            Versions = name == "absent" ? [FakeModels.Served(name, "1")] : [FakeModels.Served(name, "1", container)],
        });
        var slow = TimeSpan.FromSeconds(20);
        var applications = FakeModels.Signatures.Keys
            .SelectMany(name => new[] { (name, (string?)null), (name + "-default", "-1") }.Select(a =>
                FakeModels.Application(a.Item1, name, name == "hang" ? TimeSpan.FromMilliseconds(100) : slow, a.Item2)))
            .Append(FakeModels.Application("unlinked", "nothing", slow))
            .Append(FakeModels.Application("unlinked-default", "nothing", slow, "\"none\""));
        await rig.PublishAsync([.. models], [.. applications]);
        return rig;
    }

    public async Task<FakeContainer> AddContainerAsync(string name = "a", string? socketPath = null)
    {
        var container = await FakeContainer.StartAsync(name, socketPath);
        _containers.Add(container);
        return container;
    }

    /// <summary>Publishes, and waits until data plane and proxy have taken it over.</summary>
    public async Task PublishAsync(IReadOnlyList<ServedModel> models, IReadOnlyList<ApplicationSpec> applications)
    {
        var snapshot = new ServingSnapshot { Revision = ++_revision, Models = models, Applications = applications };
        await Services.GetRequiredService<IServingSnapshots>().PublishAsync(snapshot, CancellationToken.None);
        var state = Services.GetRequiredService<ServingState>();
        var proxy = Services.GetRequiredService<QuerySurface>().Services.GetRequiredService<IProxyStateLookup>();
        await WaitUntil.TrueAsync(() => state.Table.Snapshot.Revision == snapshot.Revision && HasTakenOver(proxy, models), "the snapshot was taken over");
    }

    public async ValueTask DisposeAsync()
    {
        await _host.StopAsync();
        await DisposeHostAsync();
        foreach (var container in _containers)
        {
            await container.DisposeAsync();
        }

        Query.Dispose();
        Admin.Dispose();
        Cleanup.DeleteFolder(_folder);
    }

    public async Task DisposeHostAsync() => await ((IAsyncDisposable)_host).DisposeAsync();

    private static bool HasTakenOver(IProxyStateLookup proxy, IReadOnlyList<ServedModel> models) => models.All(m => m.Versions.All(v =>
        proxy.TryGetCluster($"{m.Name}:{v.Spec.Version}", out var cluster) && cluster.Destinations.Count == v.Replicas.Count
        && v.Replicas.All(r => cluster.Destinations.TryGetValue(r.Id.Instance, out var d) && (r.Address.SocketPath is not null || d.Model.Config.Address.Contains($":{r.Address.Port}/")))));
}

internal static class WaitUntil
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    public static async Task TrueAsync(Func<bool> condition, string what)
    {
        using var limit = new CancellationTokenSource(Limit, TimeProvider.System);
        while (!condition())
        {
            limit.IsCancellationRequested.ShouldBeFalse($"waited {Limit} in vain until {what}");
            await Task.Yield();
            await Task.Delay(TimeSpan.FromMilliseconds(1), TimeProvider.System);
        }
    }
}

internal static class Cleanup
{
    public static void DeleteFolder(string folder)
    {
        // The artefact store makes its folders read-only.
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        foreach (var path in Directory.EnumerateDirectories(folder, "*", SearchOption.AllDirectories).Append(folder))
        {
            File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }

        Directory.Delete(folder, recursive: true);
    }
}

/// <summary>One rig with every model for all tests that only ask.</summary>
public sealed class SharedRig : IAsyncLifetime
{
    internal HostRig Host { get; private set; } = null!;

    public async ValueTask InitializeAsync() => Host = await HostRig.StartWithModelsAsync();

    public ValueTask DisposeAsync() => Host.DisposeAsync();
}

[CollectionDefinition(Name)]
public sealed class SharedRigCollection : ICollectionFixture<SharedRig>
{
    public const string Name = "shared rig";
}
