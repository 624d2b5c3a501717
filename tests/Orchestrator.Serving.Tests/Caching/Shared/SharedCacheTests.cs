using System.Runtime.InteropServices;
using Orchestrator.Core.Cluster;
using Orchestrator.Core.Serving;
using Orchestrator.Protocol;
using Orchestrator.Serving.Caching.Shared;
using Orchestrator.Serving.Prediction;

namespace Orchestrator.Serving.Tests.Caching.Shared;

public sealed class SharedCacheTests
{
    private readonly FakeStore _store = new();

    [Fact]
    public async Task KnownToTheStore_IsAnsweredWithoutTheModel_AndThenFromTheProcess()
    {
        await FillAsync(1);
        var rig = NewRig();
        var found = await rig.Ask(1);
        found.FromCache.ShouldBeTrue();
        ServingRig.ValuesOf(found).ShouldBe([10]);
        await rig.Ask(1);
        _store.Reads.Count.ShouldBe(2, "one by the plane that filled it, one by this one");
        rig.Clients["a"].BatchCount.ShouldBe(0);
    }

    [Fact]
    public async Task SeveralRows_AreOneRead()
    {
        await FillAsync(1, 2);
        _store.Reads.Clear();
        var rig = NewRig();
        var answers = rig.Service.PredictManyAsync([rig.Call(1), rig.Call(3), rig.Call(2)], CancellationToken.None);
        (await rig.Clients["a"].NextAsync()).Values.ShouldBe([3]);
        rig.Clients["a"].BatchCount.ShouldBe(1);
        _store.Reads.ShouldBe([3]);
        answers.IsCompleted.ShouldBeFalse();
    }

    [Fact]
    public async Task EqualQuestions_WhileTheStoreIsAsked_AreOneReadAndOneCall()
    {
        var gate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _store.BeforeRead = () => gate.Task;
        var rig = NewRig();
        var answers = Enumerable.Range(0, 500).Select(_ => rig.Ask(1)).ToArray();
        gate.SetResult();
        (await rig.Clients["a"].NextAsync()).Succeed();
        (await Task.WhenAll(answers)).ShouldAllBe(o => o.Kind == OutcomeKind.Ok);
        _store.Reads.ShouldBe([1]);
        rig.Clients["a"].BatchCount.ShouldBe(1);
    }

    [Theory]
    [InlineData(20, 4)]
    [InlineData(10_000, 20)]
    public async Task Read_MayTake_AShareOfTheTimeLeft(double budget, double allowed)
    {
        var rig = NewRig();
        var answer = rig.Ask(1, budget);
        (await rig.Clients["a"].NextAsync()).Succeed();
        await answer;
        _store.Allowed.ShouldBe([TimeSpan.FromMilliseconds(allowed)]);
    }

    [Fact]
    public async Task TooLittleTimeLeft_TheStoreIsNotAsked()
    {
        var rig = NewRig();
        var answer = rig.Ask(1, milliseconds: 2);
        (await rig.Clients["a"].NextAsync()).Succeed();
        await answer;
        _store.Reads.ShouldBeEmpty();
    }

    [Theory]
    [InlineData(StoreEnd.TimedOut)]
    [InlineData(StoreEnd.Unavailable)]
    public async Task StoreFails_IsAMiss_AndSoonLeftAlone_AndTriedAgainByOne(StoreEnd end)
    {
        _store.ReadEnd = end;
        var rig = NewRig();
        await AskManyAsync(rig, 0, 20);
        _store.Reads.Count.ShouldBe(4);
        rig.Shared!.Breaker.IsOpen.ShouldBeTrue();

        rig.Time.Advance(TimeSpan.FromSeconds(1.1));
        await AskManyAsync(rig, 20, 20);
        _store.Reads.Count.ShouldBe(5, "one tried, it failed too");

        _store.ReadEnd = StoreEnd.Done;
        rig.Time.Advance(TimeSpan.FromSeconds(1.1));
        await AskManyAsync(rig, 40, 20);
        _store.Reads.Count.ShouldBe(25);
        rig.Shared.Breaker.IsOpen.ShouldBeFalse();
    }

    [Fact]
    public async Task NoRoomForMoreKeys_IsAMiss_AndNoReasonToLeaveTheStoreAlone()
    {
        _store.ReadEnd = StoreEnd.Full;
        var rig = NewRig();
        await AskManyAsync(rig, 0, 20);
        _store.Reads.Count.ShouldBe(20);
        rig.Shared!.Breaker.IsOpen.ShouldBeFalse();
    }

    [Fact]
    public async Task NoRoomForMoreKeys_WhenItIsTriedAgain_IsNoReasonToTrustIt()
    {
        _store.ReadEnd = StoreEnd.TimedOut;
        var rig = NewRig();
        await AskManyAsync(rig, 0, 20);
        _store.ReadEnd = StoreEnd.Full;
        rig.Time.Advance(TimeSpan.FromSeconds(1.1));
        await AskManyAsync(rig, 20, 20);
        _store.Reads.Count.ShouldBe(5);
        rig.Shared!.Breaker.IsOpen.ShouldBeTrue();
    }

    [Fact]
    public async Task MoreRowsThanOneRequestMayLookFor_TheOthersAreNotLookedFor()
    {
        var rig = NewRig();
        var answer = rig.Service.PredictAsync(rig.Call(1, 10_000) with { Inputs = [Rows([.. Enumerable.Range(0, 4096).Select(i => (double)i)])] }, CancellationToken.None).AsTask();
        for (var done = 0; done < 4096;)
        {
            var call = await rig.Clients["a"].NextAsync();
            done += call.Batch.Rows;
            call.Succeed();
        }

        (await answer).Kind.ShouldBe(OutcomeKind.Ok);
        _store.Reads.ShouldBe([1024]);
    }

    [Fact]
    public async Task RowsOfOneCall_AreOneRead_AndWhatIsComputedIsSharedRowByRow()
    {
        await FillAsync(1);
        _store.Reads.Clear();
        var rig = NewRig();
        var rows = rig.Call(1, 10_000) with { Inputs = [Rows(1, 2, 3)] };
        var answer = rig.Service.PredictAsync(rows, CancellationToken.None).AsTask();
        var call = await rig.Clients["a"].NextAsync();
        call.Values.ShouldBe([2, 3]);
        call.Succeed();
        ServingRig.ValuesOf(await answer).ShouldBe([10, 20, 30]);
        _store.Reads.ShouldBe([3]);
        await rig.Shared!.Loop.RunOnceAsync();

        var other = NewRig();
        ServingRig.ValuesOf(await other.Ask(3)).ShouldBe([30]);
        var all = await other.Service.PredictAsync(other.Call(1, 10_000) with { Inputs = [Rows(3, 2, 1)] }, CancellationToken.None);
        all.FromCache.ShouldBeTrue();
        ServingRig.ValuesOf(all).ShouldBe([30, 20, 10]);
        _store.Reads.ShouldBe([3, 1, 2]);
        other.Clients["a"].BatchCount.ShouldBe(0);
    }

    [Fact]
    public async Task WrongBytes_AreAMiss()
    {
        await FillAsync(1);
        foreach (var (name, entry) in _store.Entries)
        {
            _store.Entries[name] = entry with { Value = [.. entry.Value[..^1], (byte)~entry.Value[^1]] };
        }

        var rig = NewRig();
        var answer = rig.Ask(1);
        (await rig.Clients["a"].NextAsync()).Succeed(factor: 7);
        ServingRig.ValuesOf(await answer).ShouldBe([7]);
    }

    [Fact]
    public async Task FromTheStore_IsFreshOnlyForWhatWasLeftOfItsTime()
    {
        var spec = new CacheSpec { Ttl = TimeSpan.FromSeconds(10) };
        await FillAsync(spec, 1);
        _store.Entries.Values.Single().TimeToLive.ShouldBe(TimeSpan.FromSeconds(10));
        var rig = NewRig(spec);
        rig.Time.Advance(TimeSpan.FromSeconds(8));
        (await rig.Ask(1)).FromCache.ShouldBeTrue();
        rig.Time.Advance(TimeSpan.FromSeconds(2));
        var again = rig.Ask(1);
        (await rig.Clients["a"].NextAsync()).Succeed();
        (await again).FromCache.ShouldBeFalse();
    }

    [Fact]
    public async Task TooLarge_IsNotWritten()
    {
        var rig = NewRig(options: new SharedCacheOptions { TtlJitter = 0, MaxValueBytes = 63 });
        await AskManyAsync(rig, 1, 1);
        rig.Shared!.Writes.Count.ShouldBe(0);
    }

    [Fact]
    public async Task WriteBehind_IsBoundedInNumberAndBytes()
    {
        var few = NewRig(options: new SharedCacheOptions { MostPendingWrites = 3 });
        await AskManyAsync(few, 0, 10);
        few.Shared!.Writes.Count.ShouldBe(3);
        var small = NewRig(options: new SharedCacheOptions { MostPendingWriteBytes = 200 });
        await AskManyAsync(small, 0, 10);
        small.Shared!.Writes.Count.ShouldBeInRange(1, 3);
        await small.Shared.Loop.RunOnceAsync();
        await AskManyAsync(small, 10, 1);
        small.Shared.Writes.Count.ShouldBe(1, "what was written made room");
    }

    [Fact]
    public async Task SwitchedOff_IsNeitherReadNorWritten()
    {
        var rig = NewRig(new CacheSpec { Shared = false });
        await AskManyAsync(rig, 1, 1);
        _store.Reads.ShouldBeEmpty();
        rig.Shared!.Writes.Count.ShouldBe(0);
        (await rig.Ask(1)).FromCache.ShouldBeTrue();
    }

    [Fact]
    public async Task Failure_IsNotWritten()
    {
        var rig = NewRig();
        var answer = rig.Ask(1);
        (await rig.Clients["a"].NextAsync()).Fail(Orchestrator.Serving.Replicas.ReplyKind.Failed);
        await answer;
        rig.Shared!.Writes.Count.ShouldBe(0);
    }

    [Fact]
    public async Task ClientLeavesDuringTheRead_NothingIsLeftInTheQueue()
    {
        var gate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _store.BeforeRead = () => gate.Task;
        var rig = NewRig();
        var blocker = rig.Service.PredictAsync(rig.Call(0, 2), CancellationToken.None).AsTask();
        var call = await rig.Clients["a"].NextAsync();
        using var gone = new CancellationTokenSource();
        var left = rig.Ask(1, clientGone: gone.Token);
        await gone.CancelAsync();
        gate.SetResult();
        (await left).Kind.ShouldBe(OutcomeKind.Cancelled);
        call.Succeed();
        await blocker;
        rig.Version().Queue.IsQuiet.ShouldBeTrue();
    }

    private static Tensor Rows(params double[] values) => new("input", DataType.Fp64, [values.Length, 1], MemoryMarshal.AsBytes<double>(values).ToArray());

    private ServingRig NewRig(CacheSpec? cache = null, SharedCacheOptions? options = null)
    {
        var rig = new ServingRig(store: _store, shared: options ?? new SharedCacheOptions { TtlJitter = 0 });
        rig.Serve("1", spec => spec with { Cache = cache ?? new CacheSpec() }, ("1", ["a"]));
        return rig;
    }

    private Task FillAsync(params double[] values) => FillAsync(new CacheSpec(), values);

    private async Task FillAsync(CacheSpec cache, params double[] values)
    {
        var rig = NewRig(cache);
        foreach (var value in values)
        {
            await AskManyAsync(rig, value, 1);
        }

        await rig.Shared!.Loop.RunOnceAsync();
        _store.Entries.Count.ShouldBe(values.Length);
    }

    private static async Task AskManyAsync(ServingRig rig, double first, int count)
    {
        for (var i = 0; i < count; i++)
        {
            var answer = rig.Ask(first + i);
            (await rig.Clients["a"].NextAsync()).Succeed();
            (await answer).Kind.ShouldBe(OutcomeKind.Ok);
        }
    }
}
