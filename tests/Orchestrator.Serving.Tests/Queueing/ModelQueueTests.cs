using Orchestrator.Core.Cluster;
using Orchestrator.Serving.Prediction;
using Orchestrator.Serving.Replicas;

namespace Orchestrator.Serving.Tests.Queueing;

public sealed class ModelQueueTests
{
    private static readonly TimeSpan Ms = TimeSpan.FromMilliseconds(1);

    [Fact]
    public async Task Enqueue_IdleReplica_LeavesAtOnceAlone()
    {
        var rig = new ServingRig();
        rig.Serve("1", ("1", ["a"]));
        var answer = rig.Ask(3);
        var call = await rig.Clients["a"].NextAsync();
        call.Values.ShouldBe([3]);
        call.Succeed();
        var outcome = await answer;
        outcome.Kind.ShouldBe(OutcomeKind.Ok);
        ServingRig.ValuesOf(outcome).ShouldBe([30]);
    }

    [Fact]
    public async Task Enqueue_BusyReplica_WaitingLeaveTogetherByDeadline()
    {
        var rig = new ServingRig();
        rig.Serve("1", ("1", ["a"]));
        var first = rig.Ask(1);
        var call = await rig.Clients["a"].NextAsync();
        var late = rig.Ask(2, milliseconds: 30);
        var early = rig.Ask(3, milliseconds: 15);
        call.Succeed();
        var second = await rig.Clients["a"].NextAsync();
        second.Values.ShouldBe([3, 2]);
        second.Succeed();
        ServingRig.ValuesOf(await late).ShouldBe([20]);
        ServingRig.ValuesOf(await early).ShouldBe([30]);
        (await first).Kind.ShouldBe(OutcomeKind.Ok);
    }

    [Fact]
    public async Task Deadline_PassesWhileBatchIsOut_AnsweredThenAndLateResultFeedsCache()
    {
        var rig = new ServingRig();
        rig.Serve("1", ("1", ["a"]));
        var answer = rig.Ask(1);
        var call = await rig.Clients["a"].NextAsync();
        rig.Time.Advance(21 * Ms);
        (await answer).Kind.ShouldBe(OutcomeKind.DeadlineMissed);
        call.Succeed();
        await WaitUntil(() => rig.Cache.Count == 1);
        (await rig.Ask(1)).FromCache.ShouldBeTrue();
        rig.Clients["a"].BatchCount.ShouldBe(1);
    }

    [Fact]
    public async Task Deadline_PassesWhileWaiting_AnsweredAndNeverSent()
    {
        var rig = new ServingRig();
        rig.Serve("1", ("1", ["a"]));
        var first = rig.Ask(1, milliseconds: 100);
        var call = await rig.Clients["a"].NextAsync();
        var second = rig.Ask(2, milliseconds: 5);
        rig.Time.Advance(6 * Ms);
        (await second).Kind.ShouldBe(OutcomeKind.DeadlineMissed);
        call.Succeed();
        await first;
        var third = rig.Ask(3);
        (await rig.Clients["a"].NextAsync()).Values.ShouldBe([3]);
        third.IsCompleted.ShouldBeFalse();
    }

    [Fact]
    public async Task Hopeless_ByProfile_AnsweredWithoutBeingSent()
    {
        var rig = new ServingRig(cacheBytes: 0);
        rig.Serve("1", ("1", ["a"]));
        for (var i = 0; i < 3; i++)
        {
            var answer = rig.Ask(i, milliseconds: 50);
            var call = await rig.Clients["a"].NextAsync();
            rig.Time.Advance(10 * Ms);
            call.Succeed();
            await answer;
        }

        (await rig.Ask(9, milliseconds: 5)).Kind.ShouldBe(OutcomeKind.DeadlineMissed);
        rig.Clients["a"].BatchCount.ShouldBe(3);
    }

    [Fact]
    public async Task Hopeless_ByOneSlowBatch_IdleReplicaTriesAllTheSame()
    {
        var rig = new ServingRig(cacheBytes: 0);
        rig.Serve("1", ("1", ["a"]));
        foreach (var took in new[] { 2, 2, 2, 50 })
        {
            var answer = rig.Ask(took, milliseconds: 100);
            var call = await rig.Clients["a"].NextAsync();
            rig.Time.Advance(took * Ms);
            call.Succeed();
            await answer;
        }

        var next = rig.Ask(9, milliseconds: 20);
        var tried = await rig.Clients["a"].NextAsync();
        rig.Time.Advance(2 * Ms);
        tried.Succeed();
        (await next).Kind.ShouldBe(OutcomeKind.Ok);
    }

    [Fact]
    public async Task Hopeless_BySlowBatches_OthersWait_IsGivenUpForThem()
    {
        var rig = new ServingRig(cacheBytes: 0);
        rig.Serve("1", ("1", ["a"]));
        foreach (var took in new[] { 2, 2, 2, 50, 50 })
        {
            var answer = rig.Ask(took, milliseconds: 100);
            var call = await rig.Clients["a"].NextAsync();
            rig.Time.Advance(took * Ms);
            call.Succeed();
            await answer;
        }

        var first = rig.Ask(10, milliseconds: 200);
        await rig.Clients["a"].NextAsync();
        var waits = rig.Ask(11, milliseconds: 200);
        (await rig.Ask(12, milliseconds: 20)).Kind.ShouldBe(OutcomeKind.DeadlineMissed);
        first.IsCompleted.ShouldBeFalse();
        waits.IsCompleted.ShouldBeFalse();
    }

    [Fact]
    public async Task Hopeless_AfterPauseWithoutBatches_OneGoesOutToMeasureAgain()
    {
        var rig = new ServingRig(cacheBytes: 0);
        rig.Serve("1", ("1", ["a"]));
        var slow = rig.Ask(1, milliseconds: 500);
        var call = await rig.Clients["a"].NextAsync();
        rig.Time.Advance(200 * Ms);
        call.Succeed();
        await slow;
        rig.Time.Advance(100 * Ms);
        var probe = rig.Ask(2, milliseconds: 20);
        var second = await rig.Clients["a"].NextAsync();
        rig.Time.Advance(2 * Ms);
        second.Succeed();
        (await probe).Kind.ShouldBe(OutcomeKind.Ok);
    }

    [Fact]
    public async Task Full_OneMore_RejectedWithRetryAfter()
    {
        var rig = new ServingRig();
        rig.Serve("1", spec => spec with { QueueCapacity = 2 }, ("1", ["a"]));
        var accepted = new[] { rig.Ask(1), rig.Ask(2), rig.Ask(3) };
        var outcome = await rig.Ask(4);
        outcome.Kind.ShouldBe(OutcomeKind.Rejected);
        outcome.RetryAfter.ShouldNotBeNull();
        accepted.ShouldAllBe(a => !a.IsCompleted);
    }

    [Fact]
    public async Task Deferred_LateBehindTheWorkAhead_RejectedAtOnceWithTheTimeToDrain()
    {
        var rig = new ServingRig(cacheBytes: 0);
        rig.Serve("1", spec => spec with { Batching = new BatchingSpec { Policy = "deferred", MaxSize = 1 } }, ("1", ["a"]));
        for (var i = 0; i < 8; i++)
        {
            rig.Version().Queue.Profile.Record(1, 10 * Ms);
        }

        // One is out for 10 ms, three wait for 10 ms each: for a fifth nothing is left of its 45 ms.
        var accepted = Enumerable.Range(0, 4).Select(i => rig.Ask(i, milliseconds: 45)).ToArray();
        await rig.Clients["a"].NextAsync();
        var shed = await rig.Ask(20, milliseconds: 45).WaitAsync(TimeSpan.FromSeconds(30));
        shed.Kind.ShouldBe(OutcomeKind.Rejected);
        shed.RetryAfter.ShouldBe(30 * Ms);
        shed.Explanation!.ShouldContain("more work than it can do in time");
        (await rig.Ask(21, milliseconds: 5).WaitAsync(TimeSpan.FromSeconds(30))).Kind.ShouldBe(OutcomeKind.DeadlineMissed);
        accepted.ShouldAllBe(a => !a.IsCompleted);

        // Behind nothing but the batch that is out an earlier deadline is met: it goes first.
        rig.Ask(22, milliseconds: 25).IsCompleted.ShouldBeFalse();
    }

    [Fact]
    public async Task NoReplica_AnsweredAtOnce()
    {
        var rig = new ServingRig();
        rig.Serve("1", ("1", []));
        (await rig.Ask(1)).Kind.ShouldBe(OutcomeKind.Unavailable);
    }

    [Fact]
    public async Task ClientLeaves_WhileWaiting_NeverSent()
    {
        var rig = new ServingRig();
        rig.Serve("1", ("1", ["a"]));
        var first = rig.Ask(1);
        var call = await rig.Clients["a"].NextAsync();
        using var gone = new CancellationTokenSource();
        var second = rig.Ask(2, clientGone: gone.Token);
        gone.Cancel();
        (await second).Kind.ShouldBe(OutcomeKind.Cancelled);
        call.Succeed();
        await first;
        rig.Version().Queue.Length.ShouldBe(0);
        rig.Clients["a"].BatchCount.ShouldBe(1);
    }

    internal static async Task WaitUntil(Func<bool> condition)
    {
        // Continuations run on the pool: give them their turns, bounded, without a clock.
        for (var i = 0; i < 100_000 && !condition(); i++)
        {
            await Task.Yield();
        }

        condition().ShouldBeTrue();
    }
}
