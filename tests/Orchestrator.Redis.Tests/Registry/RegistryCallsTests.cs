using Microsoft.Extensions.Logging.Abstractions;
using Orchestrator.Core.Cluster;
using Orchestrator.Core.Registry;
using Orchestrator.Redis.Connecting;
using Orchestrator.Redis.Registry;
using Orchestrator.Redis.Tests.Rig;

namespace Orchestrator.Redis.Tests.Registry;

public sealed class RegistryCallsTests
{
    [Fact]
    public async Task Write_WithTheTokenOfALeaseThatRanOut_IsFencedThoughItsHolderDoesNotKnow()
    {
        await using var server = await RedisServer.StartAsync();
        using var connection = new RedisConnection(server.Options, TimeProvider.System, NullLogger<RedisConnection>.Instance);
        await connection.RunOnceAsync(CancellationToken.None);
        var calls = new RegistryCalls(new StateConnection(connection, server.Options, TimeProvider.System), server.Options, TimeProvider.System);
        var hung = (await calls.LeaseAsync("a", TimeSpan.FromMinutes(1), null)).Token!;
        (await calls.LeaseAsync("b", TimeSpan.FromMinutes(1), null)).Other.ShouldBe("a");
        (await server.AskAsync("DEL test:{control}:lease")).ShouldStartWith(":1");
        var next = (await calls.LeaseAsync("b", TimeSpan.FromMinutes(1), null)).Token!;
        next.ShouldNotBe(hung);
        await Should.ThrowAsync<RegistryException>(() => calls.WriteDesiredAsync(hung, StoredRegistry.None, ClusterSpec.Empty));
        await Should.ThrowAsync<RegistryException>(() => calls.WriteObservedAsync(hung, StoredRegistry.None, ObservedState.Empty));
        (await calls.WriteDesiredAsync(next, StoredRegistry.None, ClusterSpec.Empty)).Id.ShouldNotBeNull();
        await calls.ReleaseAsync("b");
        (await calls.LeaseAsync("a", TimeSpan.FromMinutes(1), hung)).Other.ShouldNotBeNull("another ruled in between");
    }
}
