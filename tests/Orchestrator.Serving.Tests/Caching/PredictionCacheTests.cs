using Orchestrator.Core;
using Orchestrator.Core.Cluster;
using Orchestrator.Protocol;
using Orchestrator.Serving.Caching;
using Orchestrator.Serving.Prediction;

namespace Orchestrator.Serving.Tests.Caching;

public sealed class PredictionCacheTests
{
    private static readonly TimeSpan Ms = TimeSpan.FromMilliseconds(1);

    [Fact]
    public async Task SameQuestion_AskedAgain_IsAnsweredFromTheCache()
    {
        var rig = new ServingRig();
        rig.Serve("1", ("1", ["a"]));
        var first = rig.Ask(1);
        (await rig.Clients["a"].NextAsync()).Succeed();
        (await first).FromCache.ShouldBeFalse();
        var again = await rig.Ask(1);
        again.FromCache.ShouldBeTrue();
        ServingRig.ValuesOf(again).ShouldBe([10]);
    }

    [Fact]
    public async Task Ttl_Over_AsksAgain()
    {
        var rig = new ServingRig();
        rig.Serve("1", spec => spec with { Cache = new CacheSpec { Ttl = TimeSpan.FromSeconds(1) } }, ("1", ["a"]));
        var first = rig.Ask(1);
        (await rig.Clients["a"].NextAsync()).Succeed();
        await first;
        rig.Time.Advance(TimeSpan.FromSeconds(1));
        var again = rig.Ask(1);
        (await rig.Clients["a"].NextAsync()).Succeed();
        (await again).FromCache.ShouldBeFalse();
    }

    [Fact]
    public async Task SwitchedOff_IsNeitherKeptNorShared()
    {
        var rig = new ServingRig();
        rig.Serve("1", spec => spec with { Cache = new CacheSpec { Enabled = false } }, ("1", ["a"]));
        var both = new[] { rig.Ask(1), rig.Ask(1) };
        (await rig.Clients["a"].NextAsync()).Succeed();
        (await rig.Clients["a"].NextAsync()).Succeed();
        await Task.WhenAll(both);
        rig.Clients["a"].BatchCount.ShouldBe(2);
        rig.Cache.Count.ShouldBe(0);
    }

    [Fact]
    public async Task SameQuestion_FiveHundredAtOnce_IsAskedOnce()
    {
        var rig = new ServingRig();
        rig.Serve("1", ("1", ["a"]));
        var answers = Enumerable.Range(0, 500).Select(_ => rig.Ask(1)).ToArray();
        var call = await rig.Clients["a"].NextAsync();
        call.Batch.Rows.ShouldBe(1);
        call.Succeed();
        (await Task.WhenAll(answers)).ShouldAllBe(o => o.Kind == OutcomeKind.Ok);
        rig.Clients["a"].BatchCount.ShouldBe(1);
    }

    [Fact]
    public async Task LeaderLeaves_JoinerIsStillAnswered()
    {
        var rig = new ServingRig();
        rig.Serve("1", ("1", ["a"]));
        using var gone = new CancellationTokenSource();
        var leader = rig.Ask(1, clientGone: gone.Token);
        var joiner = rig.Ask(1);
        gone.Cancel();
        (await leader).Kind.ShouldBe(OutcomeKind.Cancelled);
        (await rig.Clients["a"].NextAsync()).Succeed();
        (await joiner).Kind.ShouldBe(OutcomeKind.Ok);
    }

    [Fact]
    public async Task LeaderHasEarlierDeadline_JoinerKeepsItsOwn()
    {
        var rig = new ServingRig();
        rig.Serve("1", ("1", ["a"]));
        var leader = rig.Ask(1, milliseconds: 10);
        var joiner = rig.Ask(1, milliseconds: 40);
        var call = await rig.Clients["a"].NextAsync();
        rig.Time.Advance(11 * Ms);
        (await leader).Kind.ShouldBe(OutcomeKind.DeadlineMissed);
        joiner.IsCompleted.ShouldBeFalse();
        call.Succeed();
        (await joiner).Kind.ShouldBe(OutcomeKind.Ok);
        rig.Clients["a"].BatchCount.ShouldBe(1);
    }

    [Fact]
    public async Task JoinerHasEarlierDeadline_IsAnsweredAtItsOwn()
    {
        var rig = new ServingRig();
        rig.Serve("1", ("1", ["a"]));
        var leader = rig.Ask(1, milliseconds: 40);
        var joiner = rig.Ask(1, milliseconds: 10);
        var call = await rig.Clients["a"].NextAsync();
        rig.Time.Advance(11 * Ms);
        (await joiner).Kind.ShouldBe(OutcomeKind.DeadlineMissed);
        leader.IsCompleted.ShouldBeFalse();
        call.Succeed();
        (await leader).Kind.ShouldBe(OutcomeKind.Ok);
    }

    [Fact]
    public async Task EverybodyLeaves_TheSharedCallIsCancelled()
    {
        var rig = new ServingRig();
        rig.Serve("1", ("1", ["a"]));
        var blocker = rig.Ask(0);
        var call = await rig.Clients["a"].NextAsync();
        using var gone = new CancellationTokenSource();
        var both = new[] { rig.Ask(1, clientGone: gone.Token), rig.Ask(1, clientGone: gone.Token) };
        gone.Cancel();
        (await Task.WhenAll(both)).ShouldAllBe(o => o.Kind == OutcomeKind.Cancelled);
        call.Succeed();
        await blocker;
        rig.Version().Queue.IsQuiet.ShouldBeTrue();
        var later = rig.Ask(1);
        (await rig.Clients["a"].NextAsync()).Succeed();
        (await later).Kind.ShouldBe(OutcomeKind.Ok);
    }

    [Fact]
    public async Task Failure_IsNotKept()
    {
        var rig = new ServingRig();
        rig.Serve("1", ("1", ["a"]));
        var first = rig.Ask(1);
        (await rig.Clients["a"].NextAsync()).Fail(Orchestrator.Serving.Replicas.ReplyKind.Failed);
        (await first).Kind.ShouldBe(OutcomeKind.Failed);
        var again = rig.Ask(1);
        (await rig.Clients["a"].NextAsync()).Succeed();
        (await again).Kind.ShouldBe(OutcomeKind.Ok);
    }

    [Fact]
    public void Bytes_Bound_HoldsAndKeepsWhatIsUsed()
    {
        var time = new ManualTime();
        var cache = new PredictionCache(64 * 1024, time);
        var id = new ModelVersionId("m", "1");
        var hot = KeyOf(id, -1);
        Put(cache, id, hot);
        for (var i = 0; i < 10_000; i++)
        {
            Put(cache, id, KeyOf(id, i));
            cache.TryGet(hot).ShouldNotBeNull();
        }

        cache.Bytes.ShouldBeLessThanOrEqualTo(64 * 1024);
        cache.Count.ShouldBeInRange(50, 200);
    }

    [Fact]
    public void Full_WhatCameLastStays_WhatIsOldAndUnusedGoes()
    {
        var id = new ModelVersionId("m", "1");
        var outcome = new PredictionOutcome { Kind = OutcomeKind.Ok, ModelVersion = id, Outputs = [new Tensor("output", DataType.Fp64, [1], new byte[8])] };
        var life = new Lifetime(long.MaxValue, long.MaxValue);
        var one = new CacheShard(long.MaxValue);
        one.Finish(KeyOf(id, 0), null!, outcome, life);
        var shard = new CacheShard(one.Bytes * 10);
        for (var i = 1; i <= 100; i++)
        {
            shard.Finish(KeyOf(id, i), null!, outcome, life);
        }

        Enumerable.Range(1, 100).Where(k => shard.TryGet(KeyOf(id, k), 0, 0, out _) is not null).ShouldBe(Enumerable.Range(91, 10));
    }

    [Fact]
    public void Key_DiffersByEverythingThatMayChangeTheAnswer()
    {
        var tensor = new Tensor("input", DataType.Fp64, [1, 2], new byte[16]);
        var keys = new[]
        {
            CacheKey.Of(ScopeOf("m", "1"), [tensor], []),
            CacheKey.Of(ScopeOf("m", "2"), [tensor], []),
            CacheKey.Of(ScopeOf("m1", ""), [tensor], []),
            CacheKey.Of(CacheScope.Of(new ModelVersionId("m", "1"), Spec("1") with { Artefact = new ArtefactSpec { Digest = "sha256:b" } }), [tensor], []),
            CacheKey.Of(ScopeOf("m", "1"), [tensor with { Name = "other" }], []),
            CacheKey.Of(ScopeOf("m", "1"), [tensor with { DataType = DataType.Int64 }], []),
            CacheKey.Of(ScopeOf("m", "1"), [tensor with { Shape = [1, 2, 1] }], []),
            CacheKey.Of(ScopeOf("m", "1"), [tensor with { Data = new byte[] { 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 } }], []),
            CacheKey.Of(ScopeOf("m", "1"), [tensor], [new RequestedOutput("a")]),
            CacheKey.Of(ScopeOf("m", "1"), [tensor], [new RequestedOutput("a"), new RequestedOutput("b")]),
            CacheKey.Of(ScopeOf("m", "1"), [tensor, tensor], []),
            CacheKey.Of(ScopeOf("m", "1"), [tensor], [], "1:k1:2"),
        };
        keys.Distinct().Count().ShouldBe(keys.Length);
        CacheKey.Of(ScopeOf("m", "1"), [tensor], [new RequestedOutput("b"), new RequestedOutput("a")]).ShouldBe(keys[9]);
    }

    [Fact]
    public void Scope_HowAVersionIsRun_IsNoPartOfIt() =>
        CacheScope.Of(new ModelVersionId("m", "1"), Spec("1") with { Replicas = 3, Threads = 2, Cache = new CacheSpec { Shared = false } }).Name.ShouldBe(ScopeOf("m", "1").Name);

    [Fact]
    public async Task Stale_WithinItsTime_IsGivenAndAskedAgainOnce()
    {
        var rig = new ServingRig();
        rig.Serve("1", spec => spec with { Cache = new CacheSpec { Ttl = TimeSpan.FromSeconds(1), StaleFor = TimeSpan.FromSeconds(10) } }, ("1", ["a"]));
        var first = rig.Ask(1);
        (await rig.Clients["a"].NextAsync()).Succeed();
        await first;
        rig.Time.Advance(TimeSpan.FromSeconds(2));
        var stale = await Task.WhenAll(rig.Ask(1), rig.Ask(1), rig.Ask(1));
        stale.ShouldAllBe(o => ServingRig.ValuesOf(o)[0] == 10);
        (await rig.Clients["a"].NextAsync()).Succeed(factor: 20);
        await UntilAsync(async () => ServingRig.ValuesOf(await rig.Ask(1))[0] == 20);
        rig.Clients["a"].BatchCount.ShouldBe(2);
    }

    [Fact]
    public async Task Stale_RefreshFailed_IsTriedAgainALittleLater()
    {
        var rig = new ServingRig();
        rig.Serve("1", spec => spec with { Cache = new CacheSpec { Ttl = TimeSpan.FromSeconds(1), StaleFor = TimeSpan.FromSeconds(10) } }, ("1", ["a"]));
        var first = rig.Ask(1);
        (await rig.Clients["a"].NextAsync()).Succeed();
        await first;
        rig.Time.Advance(TimeSpan.FromSeconds(2));
        (await rig.Ask(1)).FromCache.ShouldBeTrue();
        (await rig.Clients["a"].NextAsync()).Fail(Orchestrator.Serving.Replicas.ReplyKind.Failed);
        rig.Time.Advance(TimeSpan.FromSeconds(1));
        (await rig.Ask(1)).FromCache.ShouldBeTrue();
        (await rig.Clients["a"].NextAsync()).Succeed(factor: 20);
        rig.Clients["a"].BatchCount.ShouldBe(3);
    }

    private static async Task UntilAsync(Func<Task<bool>> condition)
    {
        // The answer is on its way through the pool's threads; the clock of the rig stands.
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30), TimeProvider.System);
        while (!await condition())
        {
            limit.IsCancellationRequested.ShouldBeFalse();
            await Task.Yield();
        }
    }

    private static ModelVersionSpec Spec(string version) => new() { Version = version, Framework = "noop" };

    private static CacheScope ScopeOf(string model, string version) => CacheScope.Of(new ModelVersionId(model, version), Spec(version));

    private static CacheKey KeyOf(ModelVersionId id, int value) => CacheKey.Of(ScopeOf(id.Model, id.Version), [new Tensor("input", DataType.Int32, [1, 1], BitConverter.GetBytes(value))], []);

    private static void Put(PredictionCache cache, ModelVersionId id, in CacheKey key) =>
        cache.Finish(key, null!, new PredictionOutcome { Kind = OutcomeKind.Ok, ModelVersion = id, Outputs = [new Tensor("output", DataType.Fp64, [1], new byte[8])] }, TimeSpan.FromMinutes(1));
}
