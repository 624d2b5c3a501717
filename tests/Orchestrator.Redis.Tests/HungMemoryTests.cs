using Orchestrator.Core;
using Orchestrator.Core.Cluster;
using Orchestrator.Core.Serving;
using Orchestrator.Protocol;
using Orchestrator.Redis.Tests.Rig;
using Orchestrator.Serving.Caching;
using Orchestrator.Serving.Caching.Shared;
using Orchestrator.Serving.Prediction;

namespace Orchestrator.Redis.Tests;

/// <summary>What a Redis that hangs may keep in memory, filled to the brim: counted, not weighed. The connection is kept on purpose; dropping it would free everything.</summary>
public sealed class HungMemoryTests : IAsyncLifetime
{
    private const int Most = 64;
    private const int Tries = 1000;
    private static readonly TimeSpan Long = TimeSpan.FromMinutes(1);
    private static readonly ModelVersionId Id = new(Plane.Model, "1");
    private static readonly CacheScope Scope = CacheScope.Of(Id, new ModelVersionSpec { Version = "1", Framework = "noop" });

    private RedisServer _server = null!;

    public async ValueTask InitializeAsync() => _server = await RedisServer.StartAsync();

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    [Fact]
    public async Task Reads_WithoutAReply_AreAsManyAsAllowed_AndTheRestIsRefused()
    {
        await using var plane = await StartAsync(mostCalls: Most);
        var link = plane.Connection.Link!;
        _server.Hang();
        var reads = Enumerable.Range(0, Tries).Select(i => ReadAsync(plane, i, Long)).ToArray();

        // One place may be a sign of life's that was asked for before.
        link.Calls.ShouldBe(Most);
        reads.Count(r => !r.IsCompleted).ShouldBeInRange(Most - 1, Most);

        _server.Resume();
        var ends = await Task.WhenAll(reads);
        ends.Count(e => e == StoreEnd.Done).ShouldBeInRange(Most - 1, Most);
        ends.Count(e => e == StoreEnd.Full).ShouldBe(Tries - ends.Count(e => e == StoreEnd.Done));
        await Plane.UntilAsync(() => link.Calls == 0, "every reply came");
    }

    [Fact]
    public async Task Read_BehindRepliesThatAreDueForLongerThanItMayTake_IsNotEvenSent()
    {
        await using var plane = await StartAsync(mostCalls: Most);
        var link = plane.Connection.Link!;
        var within = TimeSpan.FromMilliseconds(50);
        _server.Hang();
        (await ReadAsync(plane, 0, within)).ShouldBe(StoreEnd.TimedOut);
        var calls = link.Calls;
        for (var i = 1; i < Most; i++)
        {
            (await ReadAsync(plane, i, within)).ShouldBe(StoreEnd.TimedOut);
        }

        link.Calls.ShouldBe(calls);
        _server.Resume();
        await Plane.UntilAsync(() => link.Calls == 0, "every reply came");
        (await ReadAsync(plane, 0, Long)).ShouldBe(StoreEnd.Done);
    }

    [Fact]
    public async Task Writes_WaitAsManyAsAllowed_TheRestIsDropped_AndWhatWaitedIsWritten()
    {
        await using var plane = await StartAsync(mostCalls: RedisOptions.DefaultMostPendingCalls);
        var link = plane.Connection.Link!;
        _server.Hang();
        plane.Writes.Offer(WriteOf(0)).ShouldBeTrue();
        await Plane.UntilAsync(() => plane.Writes.Count == 0 && link.Calls > 0, "the first write is on its way");
        Enumerable.Range(1, Tries).Count(i => plane.Writes.Offer(WriteOf(i))).ShouldBe(Most);
        plane.Writes.Count.ShouldBe(Most);

        // The write, and perhaps a sign of life: one round trip at a time.
        link.Calls.ShouldBeInRange(1, 2);

        _server.Resume();
        await plane.UntilWrittenAsync(_server, 1 + Most);
        plane.Writes.Count.ShouldBe(0);
    }

    private static async Task<StoreEnd> ReadAsync(Plane plane, int value, TimeSpan within) =>
        (await plane.Store.ReadAsync([new StoreKey(Scope.Name, KeyOf(value).ToBytes())], within)).End;

    private async Task<Plane> StartAsync(int mostCalls)
    {
        var options = _server.Options;
        options.MostPendingCalls = mostCalls;
        options.Silence = Long;
        var plane = await Plane.StartAsync(
            options,
            shared =>
            {
                shared.MostPendingWrites = Most;
                shared.WriteTimeout = Long;
            });
        await plane.UntilConnectedAsync();
        return plane;
    }

    private static CacheKey KeyOf(int value) => CacheKey.Of(Scope, [new Tensor("input", DataType.Int32, [1, 1], BitConverter.GetBytes(value))], []);

    private static PendingWrite WriteOf(int value) => new(
        KeyOf(value), Scope, new PredictionOutcome { Kind = OutcomeKind.Ok, ModelVersion = Id, Outputs = [new Tensor("sum", DataType.Fp64, [1], new byte[8])] },
        TimeProvider.System.GetTimestamp(), TimeSpan.FromMinutes(10), TimeSpan.Zero);
}
