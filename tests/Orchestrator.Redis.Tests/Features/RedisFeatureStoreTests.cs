using Microsoft.Extensions.Logging.Abstractions;
using Orchestrator.Core.Cluster;
using Orchestrator.Core.Features;
using Orchestrator.Core.Serving;
using Orchestrator.Redis.Connecting;
using Orchestrator.Redis.Features;
using Orchestrator.Redis.Tests.Rig;
using StackExchange.Redis;

namespace Orchestrator.Redis.Tests.Features;

/// <summary>Features in a real Redis, as this program and as others write them.</summary>
public sealed class RedisFeatureStoreTests : IAsyncLifetime
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private static readonly DateTimeOffset At = new(2026, 1, 2, 3, 4, 5, 6, TimeSpan.Zero);

    private static readonly FeatureView View = FeatureView.Of(new FeatureViewSpec
    {
        Name = "v",
        Entity = [new EntityKeySpec { Name = "id" }],
        Features = [new FeatureSpec { Name = "x", Type = "double" }, new FeatureSpec { Name = "a name", Type = "string" }, new FeatureSpec { Name = "n", Type = "int64" }],
    });

    private static readonly FeatureView Pair = FeatureView.Of(new FeatureViewSpec
    {
        Name = "pair",
        Entity = [new EntityKeySpec { Name = "from" }, new EntityKeySpec { Name = "to" }],
        Features = [new FeatureSpec { Name = "x", Type = "bool" }],
    });

    private RedisServer _server = null!;
    private RedisFeatureStore _store = null!;

    public async ValueTask InitializeAsync()
    {
        _server = await RedisServer.StartAsync();
        _store = await ConnectAsync(_server.Options);
    }

    public async ValueTask DisposeAsync()
    {
        await _store.Connection.StopAsync(CancellationToken.None);
        _store.Connection.Dispose();
        await _server.DisposeAsync();
    }

    private static async Task<RedisFeatureStore> ConnectAsync(RedisOptions options)
    {
        var store = new RedisFeatureStore(new RedisConnection(options, TimeProvider.System, NullLogger<RedisConnection>.Instance, use: RedisUse.Features), options, TimeProvider.System);
        await store.Connection.StartAsync(CancellationToken.None);
        await Plane.UntilAsync(() => store.Problem is null, "it is connected");
        return store;
    }

    private static FeatureRow Row(string id, params string?[] values) => new(new EntityId([id]), At, values);

    private async Task<string?[]> ReadAsync(FeatureView view, params string[] entity)
    {
        var read = await _store.ReadAsync([new FeatureQuery(view, new EntityId(entity))], Patience);
        read.End.ShouldBe(StoreEnd.Done);
        return Texts(read.Records[0]!);
    }

    private static string?[] Texts(FeatureRecord record) => [.. record.Cells.Select(c => c.IsInvalid ? "?" : c.Json is null ? null : System.Text.Encoding.UTF8.GetString(c.Json))];

    [Fact]
    public async Task Written_IsReadBack_AllInOneCall()
    {
        (await _store.WriteAsync(View, [Row("1", "0.5", "ü \"q\"", "7"), Row("2", "NaN", null, "-1")], Patience)).ShouldBe(StoreEnd.Done);
        var read = await _store.ReadAsync([.. new[] { "1", "2", "3" }.Select(id => new FeatureQuery(View, new EntityId([id])))], Patience);
        read.Records.Select(r => string.Join(" ", Texts(r!).Select(t => t ?? "-"))).ShouldBe(["0.5 \"ü \\\"q\\\"\" 7", "\"NaN\" - -1", "- - -"]);
        read.Records.Select(r => r!.IsThere).ShouldBe([true, true, false]);
        read.Records[0]!.At.ShouldBe(At);
        (await _server.AskAsync("HGET test:features:v:1 x")).ShouldContain("0.5");
        (await _server.AskAsync("HGET test:features:v:1 _at")).ShouldContain($"{At.ToUnixTimeMilliseconds()}");
    }

    [Fact]
    public async Task ManyMore_ThanMayBePending_AreReadInParts()
    {
        const int Many = 10_000;
        (await _store.WriteAsync(View, [.. Enumerable.Range(0, 1000).Select(i => Row($"{i}", $"{i}", null, null))], Patience)).ShouldBe(StoreEnd.Done);
        var read = await _store.ReadAsync([.. Enumerable.Range(0, Many).Select(i => new FeatureQuery(View, new EntityId([$"{i}"])))], Patience);
        read.End.ShouldBe(StoreEnd.Done);
        read.Records.Count(r => r!.IsThere).ShouldBe(1000);
        Texts(read.Records[999]!)[0].ShouldBe("999");
        (await _store.ReadAsync([.. Enumerable.Range(0, Many).Select(i => new FeatureQuery(View, new EntityId([$"{i}"])))], TimeSpan.FromTicks(1))).End.ShouldNotBe(StoreEnd.Done);
    }

    [Fact]
    public async Task Record_IsReplacedAsAWhole()
    {
        await _store.WriteAsync(View, [Row("1", "0.5", "a", "7")], Patience);
        await _server.AskAsync("HSET test:features:v:1 of-another-view 1");
        await _store.WriteAsync(View, [Row("1", null, "b", null)], Patience);
        (await ReadAsync(View, "1")).ShouldBe([null, "\"b\"", null]);
        (await _server.AskAsync("HLEN test:features:v:1")).ShouldContain(":3");
    }

    [Fact]
    public async Task Hash_ThatAnotherProgramWrote_IsRead_AndWhatIsNoValueIsSaid()
    {
        await _server.AskAsync("HSET test:features:v:1 x 1e3 n 7.5 more 1");
        (await ReadAsync(View, "1")).ShouldBe(["1000", null, "?"]);
        await _server.AskAsync("SET test:features:v:2 text");
        var read = await _store.ReadAsync([new FeatureQuery(View, new EntityId(["2"])), new FeatureQuery(View, new EntityId(["1"]))], Patience);
        read.End.ShouldBe(StoreEnd.Done);
        read.Records[0]!.Problem.ShouldBe("the key holds something else than a hash");
        read.Records[1]!.Problem.ShouldBeNull();
        (await _store.WriteAsync(View, [Row("2", "1", null, null)], Patience)).ShouldBe(StoreEnd.Unavailable);
    }

    [Fact]
    public async Task Record_ThatFeastWrote_IsRead_BesideOurs()
    {
        var stats = FeatureView.Of(new FeatureViewSpec
        {
            Name = "stats", Layout = FeatureViewSpec.FeastLayout, Project = "rides",
            Entity = [new EntityKeySpec { Name = "user", Type = "int64" }],
            Features = [new FeatureSpec { Name = "rate", Type = "double" }, new FeatureSpec { Name = "name", Type = "string" }, new FeatureSpec { Name = "trips", Type = "int64" }],
        });
        static RedisValue Field(string name) => BitConverter.GetBytes(Murmur3.Hash(System.Text.Encoding.UTF8.GetBytes(name)));
        byte[] key = [1, 0, 0, 0, 2, 0, 0, 0, 4, 0, 0, 0, .. "user"u8, 4, 0, 0, 0, 8, 0, 0, 0, 7, 0, 0, 0, 0, 0, 0, 0, .. "rides"u8];
        await _store.Connection.Link!.Database.HashSetAsync(key,
        [
            new(Field("stats:rate"), Convert.FromHexString("29000000000000e03f")), new(Field("stats:name"), Convert.FromHexString("1202c3bc")), new(Field("other:trips"), Convert.FromHexString("2007")),
            new("_ts:stats", Convert.FromHexString("08f592b6c906")),
        ]);
        await _store.WriteAsync(View, [Row("7", "1", null, null)], Patience);
        var read = await _store.ReadAsync([new FeatureQuery(stats, new EntityId(["7"])), new FeatureQuery(stats, new EntityId(["8"])), new FeatureQuery(View, new EntityId(["7"]))], Patience);
        Texts(read.Records[0]!).ShouldBe(["0.5", "\"ü\"", null]);
        read.Records[0]!.At.ShouldBe(new DateTimeOffset(2025, 12, 1, 12, 26, 29, TimeSpan.Zero));
        read.Records[1]!.IsThere.ShouldBeFalse();
        Texts(read.Records[2]!).ShouldBe(["1", null, null]);
        await Should.ThrowAsync<ArgumentException>(async () => await _store.WriteAsync(stats, [Row("7", "1", null, null)], Patience));
    }

    [Fact]
    public async Task Keys_OfSeveralParts_NeverMeanAnother()
    {
        FeatureRow Of(string from, string to, string x) => new(new EntityId([from, to]), At, [x]);
        await _store.WriteAsync(Pair, [Of("a|b", "c", "true"), Of("a", "b|c", "false"), Of(@"a\", "b", "true"), Of("a", @"\b", "false")], Patience);
        (await ReadAsync(Pair, "a|b", "c")).ShouldBe(["true"]);
        (await ReadAsync(Pair, "a", "b|c")).ShouldBe(["false"]);
        (await ReadAsync(Pair, @"a\", "b")).ShouldBe(["true"]);
        (await ReadAsync(Pair, "a", @"\b")).ShouldBe(["false"]);
        (await _server.AskAsync("DBSIZE")).ShouldBe(":4\r\n");
    }

    [Fact]
    public async Task ServerThatHangs_EndsTheCallInTime_AndIsFoundAgain()
    {
        await _store.WriteAsync(View, [Row("1", "0.5", "a", "7")], Patience);
        _server.Hang();
        var read = await _store.ReadAsync([new FeatureQuery(View, new EntityId(["1"]))], TimeSpan.FromMilliseconds(20));
        // On a machine that stalls, the silent connection may be dropped before the 20 ms are noticed.
        read.End.ShouldBeOneOf(StoreEnd.TimedOut, StoreEnd.Unavailable);
        read.Records.ShouldAllBe(r => r == null);
        await Plane.UntilAsync(() => _store.Problem is not null, "the silence is known");
        (await _store.ReadAsync([new FeatureQuery(View, new EntityId(["1"]))], Patience)).End.ShouldBe(StoreEnd.Unavailable);
        (await _store.WriteAsync(View, [Row("1", "0.5", "a", "7")], Patience)).ShouldBe(StoreEnd.Unavailable);
        _server.Resume();
        await Plane.UntilAsync(() => _store.Problem is null, "it is back");
        (await ReadAsync(View, "1")).ShouldBe(["0.5", "\"a\"", "7"]);
    }

    [Fact]
    public async Task MoreThanMayBePending_IsRefusedWhole()
    {
        var options = _server.Options;
        options.MostPendingCalls = 4;
        var small = await ConnectAsync(options);
        (await small.ReadAsync([.. Enumerable.Range(0, 5).Select(i => new FeatureQuery(View, new EntityId([$"{i}"])))], Patience)).End.ShouldBe(StoreEnd.Full);
        (await small.WriteAsync(View, [Row("1", "1", "", ""), Row("2", "1", "", ""), Row("3", "1", "", "")], Patience)).ShouldBe(StoreEnd.Full);
        (await small.ReadAsync([new FeatureQuery(View, new EntityId(["1"]))], Patience)).End.ShouldBe(StoreEnd.Done);
        await small.Connection.StopAsync(CancellationToken.None);
        small.Connection.Dispose();
    }
}
