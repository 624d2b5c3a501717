using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Orchestrator.Core.Registry;
using Orchestrator.Core.Serving;
using Orchestrator.Redis.Registry;

namespace Orchestrator.Redis.Tests.Rig;

/// <summary>What of a control plane has to do with the registry in Redis, as the host puts it together, with a state folder of its own.</summary>
internal sealed class ControlNode : IAsyncDisposable
{
    private readonly ServiceProvider _services;
    private readonly string? _folder;

    private ControlNode(ServiceProvider services, string? folder, string copyPath)
    {
        _services = services;
        _folder = folder;
        CopyPath = copyPath;
    }

    public string CopyPath { get; }

    public IModelRegistry Registry => _services.GetRequiredService<IModelRegistry>();

    public IServingSnapshots Snapshots => _services.GetRequiredService<IServingSnapshots>();

    public IFrontendReports Reports => _services.GetRequiredService<IFrontendReports>();

    public IControlLease Lease => _services.GetRequiredService<IControlLease>();

    public static async Task<ControlNode> StartAsync(RedisOptions redis, string? copyPath = null, RegistrySnapshot? import = null)
    {
        var folder = copyPath is null ? Directory.CreateTempSubdirectory("orch-copy-").FullName : null;
        var path = copyPath ?? Path.Combine(folder!, "registry-copy");
        var services = new ServiceCollection();
        services.AddLogging();
        services.AddRedisModelRegistry(redis, _ => new RedisRegistryOptions
        {
            CopyPath = path,
            Lease = TimeSpan.FromSeconds(2),
            Import = import is null ? null : _ => ValueTask.FromResult(import),
        });
        services.AddRedisFrontends(redis, mayControl: true);
        var node = new ControlNode(services.BuildServiceProvider(), folder, path);
        foreach (var hosted in node._services.GetServices<IHostedService>())
        {
            await hosted.StartAsync(CancellationToken.None);
        }

        return node;
    }

    /// <summary>Until it may write.</summary>
    public Task UntilHoldsAsync() => UntilAsync(async () =>
    {
        try
        {
            await Registry.ReadAsync(CancellationToken.None);
            return Lease.Problem is null;
        }
        catch (RegistryException)
        {
            return false;
        }
    });

    public static async Task UntilAsync(Func<Task<bool>> condition)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30), TimeProvider.System);
        while (!await condition())
        {
            limit.IsCancellationRequested.ShouldBeFalse("waited in vain");
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System);
        }
    }

    /// <summary>Its loops end as when the process is asked to: the lease is given back.</summary>
    public async ValueTask DisposeAsync()
    {
        foreach (var hosted in _services.GetServices<IHostedService>().Reverse())
        {
            await hosted.StopAsync(CancellationToken.None);
        }

        await _services.DisposeAsync();
        if (_folder is not null)
        {
            Directory.Delete(_folder, recursive: true);
        }
    }
}
