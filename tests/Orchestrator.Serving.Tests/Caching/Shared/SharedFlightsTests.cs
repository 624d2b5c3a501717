using Orchestrator.Core.Cluster;
using Orchestrator.Core.Serving;
using Orchestrator.Serving.Caching.Shared;
using Orchestrator.Serving.Prediction;
using Orchestrator.Serving.Replicas;

namespace Orchestrator.Serving.Tests.Caching.Shared;

/// <summary>Two planes on one store, on clocks that the test moves.</summary>
public sealed class SharedFlightsTests
{
    private const double Budget = 1000;

    /// <summary>So much that no share of it is used up by small steps, in milliseconds.</summary>
    private const double Ages = 1e9;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private readonly FakeStore _store = new();

    [Fact]
    public async Task ComputedElsewhere_IsWaitedFor_AndNotComputedHere()
    {
        var holder = NewRig();
        var other = NewRig();
        var first = holder.Ask(1, Ages);
        var call = await holder.Clients["a"].NextAsync();
        var second = other.Ask(1, Ages);
        other.Shared!.Flights.Following.ShouldBe(1);
        call.Succeed(factor: 7);
        (await first).Kind.ShouldBe(OutcomeKind.Ok);
        _store.Leases.Count.ShouldBe(1, "until the answer is written, others wait");
        await holder.Shared!.Loop.RunOnceAsync();
        await holder.Shared.Flying.ReleaseOnceAsync();
        _store.Leases.ShouldBeEmpty();
        await PassAsync(other, () => second.IsCompleted);
        ServingRig.ValuesOf(await second).ShouldBe([7]);
        other.Clients["a"].BatchCount.ShouldBe(0);

        // Its last look took the lease that was free, and found the answer.
        await other.Shared.Flying.ReleaseOnceAsync();
        _store.Leases.ShouldBeEmpty();
    }

    [Fact]
    public async Task LeaseEndsWithoutAnAnswer_TheNextTakesIt()
    {
        var holder = NewRig();
        var other = NewRig();
        _ = holder.Ask(1, Ages);
        await holder.Clients["a"].NextAsync();
        var second = other.Ask(1, Ages);
        other.Shared!.Flights.Following.ShouldBe(1);
        _store.EndLeases();
        await PassAsync(other, () => other.Clients["a"].BatchCount == 1);
        _store.Leases.Count.ShouldBe(1);
        (await other.Clients["a"].NextAsync()).Succeed();
        (await second).Kind.ShouldBe(OutcomeKind.Ok);
    }

    [Fact]
    public async Task ShareUsedUp_IsComputedHere()
    {
        var other = Follower(out var second, Budget);
        other.Time.Advance(TimeSpan.FromMilliseconds(Budget / 2));
        (await other.Clients["a"].NextAsync()).Succeed();
        (await second).Kind.ShouldBe(OutcomeKind.Ok);
        other.Shared!.Flights.Following.ShouldBe(0);
    }

    [Fact]
    public async Task CallerWithLessTime_JoinsTheWait_AndEndsItInItsTime()
    {
        var other = Follower(out var second, Budget);
        var hurried = other.Ask(1, 40);
        other.Time.Advance(TimeSpan.FromMilliseconds(20));
        (await other.Clients["a"].NextAsync()).Succeed();
        (await hurried).Kind.ShouldBe(OutcomeKind.Ok);
        (await second).Kind.ShouldBe(OutcomeKind.Ok);
        other.Clients["a"].BatchCount.ShouldBe(1);
    }

    [Fact]
    public async Task EverybodyLeaves_NothingIsComputed()
    {
        using var gone = new CancellationTokenSource();
        var other = Follower(out var second, Budget, gone.Token);
        await gone.CancelAsync();
        await PassAsync(other, () => other.Shared!.Flights.Following == 0);
        (await second).Kind.ShouldBe(OutcomeKind.Cancelled);
        other.Clients["a"].BatchCount.ShouldBe(0);
        other.Version().Queue.IsQuiet.ShouldBeTrue();
    }

    [Theory]
    [InlineData(StoreEnd.TimedOut)]
    [InlineData(StoreEnd.Unavailable)]
    [InlineData(StoreEnd.Full)]
    public async Task ClaimFails_IsComputedHere(StoreEnd end)
    {
        _store.ClaimEnd = end;
        var rig = NewRig();
        var answer = rig.Ask(1, Budget);
        (await rig.Clients["a"].NextAsync()).Succeed();
        (await answer).Kind.ShouldBe(OutcomeKind.Ok);
        rig.Shared!.Table.IsEmpty.ShouldBeTrue();
    }

    [Fact]
    public async Task StoreFailsDuringTheWait_IsComputedHere()
    {
        var other = Follower(out var second, Ages);
        _store.ClaimEnd = StoreEnd.Unavailable;
        await PassAsync(other, () => other.Clients["a"].BatchCount == 1);
        (await other.Clients["a"].NextAsync()).Succeed();
        (await second).Kind.ShouldBe(OutcomeKind.Ok);
    }

    [Fact]
    public async Task ModelFails_TheLeaseIsGivenBack()
    {
        var rig = NewRig();
        var answer = rig.Ask(1, Budget);
        (await rig.Clients["a"].NextAsync()).Fail(ReplyKind.Failed);
        await answer;
        await rig.Shared!.Flying.ReleaseOnceAsync();
        _store.Leases.ShouldBeEmpty();
        rig.Shared.Table.IsEmpty.ShouldBeTrue();
    }

    [Fact]
    public async Task NotTakenByTheQueue_TheLeaseIsGivenBack()
    {
        var rig = NewRig(replicas: []);
        (await rig.Ask(1, Budget)).Kind.ShouldBe(OutcomeKind.Unavailable);
        await rig.Shared!.Flying.ReleaseOnceAsync();
        _store.Leases.ShouldBeEmpty();
    }

    [Fact]
    public async Task Computing_RenewsTheLease_UntilTheAnswerIsWritten()
    {
        var rig = NewRig();
        await rig.Shared!.Flying.RenewOnceAsync();
        _store.Renewals.ShouldBe(0);
        var answer = rig.Ask(1, Budget);
        var call = await rig.Clients["a"].NextAsync();
        await rig.Shared.Flying.RenewOnceAsync();
        _store.Renewals.ShouldBe(1);
        call.Succeed();
        await answer;
        await rig.Shared.Loop.RunOnceAsync();
        await rig.Shared.Flying.RenewOnceAsync();
        _store.Renewals.ShouldBe(1);
    }

    [Fact]
    public async Task SeveralRows_AreOneClaim_AndThoseOfOthersHoldNobodyUp()
    {
        var holder = NewRig();
        _ = holder.Ask(2, Budget);
        await holder.Clients["a"].NextAsync();
        _store.Claims.Clear();
        var other = NewRig();
        var answers = other.Service.PredictManyAsync([other.Call(1, Budget), other.Call(2, Budget), other.Call(3, Budget)], CancellationToken.None);
        (await other.Clients["a"].NextAsync()).Succeed();
        other.Clients["a"].Batches.ShouldHaveSingleItem().ShouldBe([1, 3]);
        _store.Claims.ShouldBe([3]);
        other.Time.Advance(TimeSpan.FromMilliseconds(Budget / 2));
        (await other.Clients["a"].NextAsync()).Succeed();
        (await answers).ShouldAllBe(o => o.Kind == OutcomeKind.Ok);
    }

    [Fact]
    public async Task NotAskedFor_NothingIsClaimed()
    {
        var rig = NewRig(singleFlight: false);
        var answer = rig.Ask(1, Budget);
        (await rig.Clients["a"].NextAsync()).Succeed();
        await answer;
        _store.Claims.ShouldBeEmpty();
    }

    /// <summary>A plane whose question another one, that never answers, has the lease of.</summary>
    private ServingRig Follower(out Task<PredictionOutcome> answer, double budget, CancellationToken clientGone = default)
    {
        var rig = NewRig();
        _store.Leases[FakeStore.NameOf(KeyOf(rig, 1))] = "another";
        answer = rig.Ask(1, budget, clientGone: clientGone);
        rig.Shared!.Flights.Following.ShouldBe(1);
        return rig;
    }

    private static StoreKey KeyOf(ServingRig rig, double value)
    {
        var call = rig.Call(value);
        return new StoreKey(call.Target.CacheScope.Name, Orchestrator.Serving.Caching.CacheKey.Of(call.Target.CacheScope, call.Inputs, []).ToBytes());
    }

    /// <summary>Moves the clock in small steps, as the pauses of a wait need it, until something is so.</summary>
    private static Task PassAsync(ServingRig rig, Func<bool> isSo) => UntilAsync(() =>
    {
        rig.Time.Advance(TimeSpan.FromMilliseconds(5));
        return isSo();
    });

    private static async Task UntilAsync(Func<bool> isSo)
    {
        using var limit = new CancellationTokenSource(Patience, TimeProvider.System);
        while (!isSo())
        {
            limit.IsCancellationRequested.ShouldBeFalse("waited in vain");
            await Task.Yield();
        }
    }

    private ServingRig NewRig(bool singleFlight = true, string[]? replicas = null)
    {
        var rig = new ServingRig(store: _store, shared: new SharedCacheOptions { TtlJitter = 0 });
        rig.Serve("1", spec => spec with { Cache = new CacheSpec { SingleFlight = singleFlight, Ttl = TimeSpan.FromDays(30) } }, ("1", replicas ?? ["a"]));
        return rig;
    }
}
