using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Orchestrator.Core.Serving;

namespace Orchestrator.Redis.Tests.Rig;

/// <summary>What of a frontend has to do with its control plane over Redis.</summary>
internal sealed class ServingNode(ServiceProvider services) : IAsyncDisposable
{
    public IServingSnapshots Snapshots => services.GetRequiredService<IServingSnapshots>();

    public IFrontendReports Reports => services.GetRequiredService<IFrontendReports>();

    public IServingLease Lease => services.GetRequiredService<IServingLease>();

    public static async Task<ServingNode> StartAsync(RedisOptions redis, TimeProvider? time = null)
    {
        var collection = new ServiceCollection();
        collection.AddLogging();
        collection.AddSingleton(time ?? TimeProvider.System);
        collection.AddRedisFrontends(redis, mayControl: false);
        var services = collection.BuildServiceProvider();
        foreach (var hosted in services.GetServices<IHostedService>())
        {
            await hosted.StartAsync(CancellationToken.None);
        }

        return new ServingNode(services);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var hosted in services.GetServices<IHostedService>().Reverse())
        {
            await hosted.StopAsync(CancellationToken.None);
        }

        await services.DisposeAsync();
    }
}
