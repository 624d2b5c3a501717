using Orchestrator.Serving.Prediction;
using Orchestrator.Serving.Replicas;
using Orchestrator.Serving.Tests.Queueing;

namespace Orchestrator.Serving.Tests.Replicas;

public sealed class ReplicaLoopTests
{
    private static readonly TimeSpan Ms = TimeSpan.FromMilliseconds(1);

    [Fact]
    public async Task ConnectionBreaks_OtherReplicaAnswers_WithinTheDeadline()
    {
        var rig = new ServingRig();
        rig.Serve("1", ("1", ["a", "b"]));
        var answer = rig.Ask(1);
        (await rig.Clients["a"].NextAsync()).Fail(ReplyKind.Unreachable);
        var second = await rig.Clients["b"].NextAsync();
        second.Values.ShouldBe([1]);
        second.Succeed();
        (await answer).Kind.ShouldBe(OutcomeKind.Ok);
        rig.Updater.Report().Single(r => r.Id.Instance == "a").ConsecutiveFailures.ShouldBe(1);
    }

    [Fact]
    public async Task ConnectionBreaksTwice_ItemIsExecutedAtMostTwice()
    {
        var rig = new ServingRig();
        rig.Serve("1", ("1", ["a", "b", "c"]));
        var answer = rig.Ask(1);
        (await rig.Clients["a"].NextAsync()).Fail(ReplyKind.Unreachable);
        (await rig.Clients["b"].NextAsync()).Fail(ReplyKind.Unreachable);
        (await answer).Kind.ShouldBe(OutcomeKind.Unavailable);
        rig.Clients["c"].BatchCount.ShouldBe(0);
    }

    [Fact]
    public async Task ConnectionRefused_DoesNotCountAsExecution()
    {
        var rig = new ServingRig();
        rig.Serve("1", ("1", ["a", "b", "c"]));
        var answer = rig.Ask(1);
        (await rig.Clients["a"].NextAsync()).Fail(ReplyKind.Unreachable, mayHaveRun: false);
        (await rig.Clients["b"].NextAsync()).Fail(ReplyKind.Unreachable, mayHaveRun: false);
        (await rig.Clients["c"].NextAsync()).Succeed();
        (await answer).Kind.ShouldBe(OutcomeKind.Ok);
    }

    [Fact]
    public async Task NotIdempotent_ConnectionBreaks_IsNotSentAgain()
    {
        var rig = new ServingRig();
        rig.Serve("1", spec => spec with { Idempotent = false }, ("1", ["a", "b"]));
        var answer = rig.Ask(1);
        (await rig.Clients["a"].NextAsync()).Fail(ReplyKind.Unreachable);
        (await answer).Kind.ShouldBe(OutcomeKind.Unavailable);
        rig.Clients["b"].BatchCount.ShouldBe(0);
    }

    [Fact]
    public async Task AfterFailure_GetsNothingUntilReady_ThenServesAgain()
    {
        var rig = new ServingRig(cacheBytes: 0);
        rig.Serve("1", ("1", ["a"]));
        rig.Clients["a"].Ready = false;
        var answer = rig.Ask(1, milliseconds: 1000);
        (await rig.Clients["a"].NextAsync()).Fail(ReplyKind.Unreachable, mayHaveRun: false);
        await ModelQueueTests.WaitUntil(() => rig.Version().Queue.Length == 1);
        rig.Time.Advance(100 * Ms);
        rig.Clients["a"].BatchCount.ShouldBe(1);
        rig.Clients["a"].Ready = true;
        var next = rig.Clients["a"].NextAsync();
        for (var i = 0; i < 200 && !next.IsCompleted; i++)
        {
            rig.Time.Advance(Ms);
            await Task.Yield();
        }

        (await next).Succeed();
        (await answer).Kind.ShouldBe(OutcomeKind.Ok);
    }

    [Fact]
    public async Task BatchFails_NeighboursGoAgainAlone_OnlyTheCulpritFails()
    {
        var rig = new ServingRig();
        rig.Serve("1", ("1", ["a"]));
        var first = rig.Ask(0);
        var call = await rig.Clients["a"].NextAsync();
        var good = rig.Ask(1, milliseconds: 40);
        var bad = rig.Ask(2, milliseconds: 41);
        call.Succeed();
        await first;
        var both = await rig.Clients["a"].NextAsync();
        both.Values.ShouldBe([1, 2]);
        both.Fail(ReplyKind.Failed, "ValueError: 2");
        (await rig.Clients["a"].NextAsync()).Succeed();
        (await rig.Clients["a"].NextAsync()).Fail(ReplyKind.Failed, "ValueError: 2");
        (await good).Kind.ShouldBe(OutcomeKind.Ok);
        var outcome = await bad;
        outcome.Kind.ShouldBe(OutcomeKind.Failed);
        outcome.Explanation.ShouldBe("ValueError: 2");
    }

    [Fact]
    public async Task Busy_BatchGoesBackAndIsNoFailure()
    {
        var rig = new ServingRig();
        rig.Serve("1", ("1", ["a"]));
        var answer = rig.Ask(1);
        (await rig.Clients["a"].NextAsync()).Fail(ReplyKind.Busy, mayHaveRun: false);
        var again = rig.Clients["a"].NextAsync();
        for (var i = 0; i < 10 && !again.IsCompleted; i++)
        {
            rig.Time.Advance(Ms);
            await Task.Yield();
        }

        (await again).Succeed();
        (await answer).Kind.ShouldBe(OutcomeKind.Ok);
        rig.Updater.Report().Single().ConsecutiveFailures.ShouldBe(0);
    }

    [Fact]
    public async Task NothingButBusyForLongerThanAHungBatch_CountsAsFailureEachTime()
    {
        var rig = new ServingRig(hungBatch: TimeSpan.FromSeconds(1));
        rig.Serve("1", ("1", ["a"]));
        var answer = rig.Ask(1, milliseconds: 3_000_000);
        for (var call = rig.Clients["a"].NextAsync(); rig.Updater.Report().Single().ConsecutiveFailures < 2; call = rig.Clients["a"].NextAsync())
        {
            await AdvanceUntil(rig, call);
            (await call).Fail(ReplyKind.Busy, "the worker hangs", mayHaveRun: false);
        }

        rig.Updater.Report().Single().LastFailure!.ShouldContain("nothing but 'busy' for 1 s");
        answer.IsCompleted.ShouldBeFalse();
        rig.Time.Advance(3_000_000 * Ms);
        (await answer).Kind.ShouldBe(OutcomeKind.DeadlineMissed);
    }

    private static async Task AdvanceUntil(ServingRig rig, Task done)
    {
        // Ends with the batch, or with the task's own patience.
        while (!done.IsCompleted)
        {
            rig.Time.Advance(10 * Ms);
            await Task.Yield();
        }
    }

    [Fact]
    public async Task Hung_IsGivenUpAfterPatience_AndCountsAsFailure()
    {
        var rig = new ServingRig(hungBatch: TimeSpan.FromSeconds(1));
        rig.Serve("1", ("1", ["a"]));
        var answer = rig.Ask(1);
        await rig.Clients["a"].NextAsync();
        rig.Time.Advance(21 * Ms);
        (await answer).Kind.ShouldBe(OutcomeKind.DeadlineMissed);
        rig.Updater.Report().Single().InFlight.ShouldBe(1);
        rig.Time.Advance(1000 * Ms);
        await ModelQueueTests.WaitUntil(() => rig.Updater.Report().Single() is { InFlight: 0, ConsecutiveFailures: > 0 });
    }

    [Fact]
    public async Task RowErrors_ReachTheirRowsAlone()
    {
        var rig = new ServingRig();
        rig.Serve("1", ("1", ["a"]));
        var first = rig.Ask(0);
        var call = await rig.Clients["a"].NextAsync();
        var one = rig.Ask(1, milliseconds: 40);
        var two = rig.Ask(2, milliseconds: 41);
        call.Succeed();
        await first;
        (await rig.Clients["a"].NextAsync()).Succeed(new Dictionary<int, string> { [1] = "unknown city" });
        (await one).RowErrors.ShouldBeNull();
        var failed = await two;
        (failed.Kind, failed.Explanation).ShouldBe((OutcomeKind.Failed, "unknown city"));
        rig.Cache.Count.ShouldBe(2);
    }

    [Fact]
    public async Task AnswerWithWrongRows_FailsTheBatchClearly()
    {
        var rig = new ServingRig();
        rig.Serve("1", ("1", ["a"]));
        var answer = rig.Ask(1);
        var call = await rig.Clients["a"].NextAsync();
        call.Reply(new ReplicaReply(ReplyKind.Ok, new Orchestrator.Protocol.InferResponse { ModelName = "m", Outputs = [new Orchestrator.Protocol.Tensor("output", Orchestrator.Protocol.DataType.Fp64, [2], new byte[16])] }, null, true));
        var outcome = await answer;
        outcome.Kind.ShouldBe(OutcomeKind.Failed);
        outcome.Explanation!.ShouldContain("2 rows of 'output' for a batch of 1");
    }
}
