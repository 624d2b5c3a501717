using Microsoft.Extensions.Logging.Abstractions;
using Orchestrator.Core.Registry;
using Orchestrator.Core.Serving;
using Orchestrator.Redis.Connecting;
using Orchestrator.Redis.Frontends;
using Orchestrator.Redis.Registry;
using Orchestrator.Redis.Tests.Rig;

namespace Orchestrator.Redis.Tests.Frontends;

public sealed class RedisServingSnapshotsTests
{
    [Fact]
    public async Task Publish_WithTheTokenOfALeaseThatRanOut_IsFencedThoughItsHolderDoesNotKnow()
    {
        await using var server = await RedisServer.StartAsync();
        using var connection = new RedisConnection(server.Options, TimeProvider.System, NullLogger<RedisConnection>.Instance);
        await connection.RunOnceAsync(CancellationToken.None);
        var state = new StateConnection(connection, server.Options, TimeProvider.System);
        var calls = new RegistryCalls(state, server.Options, TimeProvider.System);
        var hung = (await calls.LeaseAsync("a", TimeSpan.FromMinutes(1), null)).Token!;
        (await server.AskAsync("DEL test:{control}:lease")).ShouldStartWith(":1");
        var next = (await calls.LeaseAsync("b", TimeSpan.FromMinutes(1), null)).Token!;
        await Should.ThrowAsync<RegistryException>(() => PublishAsync(state, hung));
        (await server.AskAsync("EXISTS test:{control}:serving")).ShouldBe(":0\r\n");
        await PublishAsync(state, next);
        (await server.AskAsync("EXISTS test:{control}:serving")).ShouldBe(":1\r\n");
    }

    [Fact]
    public async Task Publish_FirstOnAnEmptyRedis_NumberedAfterARefresh_IsTaken()
    {
        await using var server = await RedisServer.StartAsync();
        using var connection = new RedisConnection(server.Options, TimeProvider.System, NullLogger<RedisConnection>.Instance);
        await connection.RunOnceAsync(CancellationToken.None);
        var state = new StateConnection(connection, server.Options, TimeProvider.System);
        var token = (await new RegistryCalls(state, server.Options, TimeProvider.System).LeaseAsync("a", TimeSpan.FromMinutes(1), null)).Token!;
        using var snapshots = new RedisServingSnapshots(state, () => token, TimeProvider.System, NullLogger<RedisServingSnapshots>.Instance);
        await snapshots.RefreshAsync(CancellationToken.None);
        snapshots.Current.Revision.ShouldBeGreaterThan(0, "a frontend may know a revision that this Redis lost");
        await snapshots.PublishAsync(new ServingSnapshot { Revision = snapshots.Current.Revision + 1 }, CancellationToken.None);
    }

    private static async Task PublishAsync(StateConnection state, string token)
    {
        using var snapshots = new RedisServingSnapshots(state, () => token, TimeProvider.System, NullLogger<RedisServingSnapshots>.Instance);
        await snapshots.LookAsync();
        await snapshots.PublishAsync(new ServingSnapshot { Revision = snapshots.Current.Revision + 1 }, CancellationToken.None);
    }
}
