using Orchestrator.Core.Cluster;
using Orchestrator.Serving.Prediction;

namespace Orchestrator.Serving.Tests.Queueing;

/// <summary>Which rows leave together, and when.</summary>
public sealed class ModelQueueBatchingTests
{
    private static readonly TimeSpan Ms = TimeSpan.FromMilliseconds(1);

    [Fact]
    public async Task Delay_BatchNotFull_WaitsForMoreUntilItIsOver()
    {
        var rig = new ServingRig();
        rig.Serve("1", spec => spec with { Batching = new BatchingSpec { Policy = "fixed", MaxSize = 3, Delay = 4 * Ms } }, ("1", ["a"]));
        var first = rig.Ask(1);
        var second = rig.Ask(2);
        rig.Clients["a"].BatchCount.ShouldBe(0);
        rig.Time.Advance(4 * Ms);
        (await rig.Clients["a"].NextAsync()).Values.ShouldBe([1, 2]);
        first.IsCompleted.ShouldBeFalse();
        second.IsCompleted.ShouldBeFalse();
    }

    [Fact]
    public async Task Delay_BatchFull_LeavesAtOnce()
    {
        var rig = new ServingRig();
        rig.Serve("1", spec => spec with { Batching = new BatchingSpec { Policy = "fixed", MaxSize = 2, Delay = 4 * Ms } }, ("1", ["a"]));
        _ = rig.Ask(1);
        _ = rig.Ask(2);
        (await rig.Clients["a"].NextAsync()).Values.ShouldBe([1, 2]);
    }

    [Fact]
    public async Task Deferred_HoldForMoreThatDoNotCome_EndsAtItsCap()
    {
        var rig = new ServingRig(cacheBytes: 0);
        rig.Serve("1", spec => spec with { Batching = new BatchingSpec { Policy = "deferred", MaxSize = 64 } }, ("1", ["a"]));
        var replica = rig.Clients["a"];
        for (var rows = 1; rows <= 64; rows++)
        {
            rig.Version().Queue.Profile.Record(rows, 8 * Ms);
        }

        // A row each millisecond, and then only one: by rate and by number others should come.
        var asked = new List<Task<PredictionOutcome>>();
        for (var i = 0; i < 100; i++)
        {
            asked.Add(rig.Ask(1, milliseconds: 1000));
            rig.Time.Advance(Ms);
        }

        while (rig.Version().Queue is { IsQuiet: false })
        {
            var call = replica.TryNext();
            rig.Time.Advance(8 * Ms);
            call?.Succeed();
        }

        await Task.WhenAll(asked);
        var sent = replica.BatchCount;
        var alone = rig.Ask(1, milliseconds: 1000);
        rig.Time.Advance(1.9 * Ms);
        replica.BatchCount.ShouldBe(sent, "a quarter of the 8 ms it takes would bring another");
        rig.Time.Advance(0.1 * Ms);
        replica.BatchCount.ShouldBe(sent + 1);
        (await replica.NextAsync()).Succeed();
        (await alone).Kind.ShouldBe(OutcomeKind.Ok);
    }

    [Fact]
    public async Task None_ManyWait_EachLeavesAlone()
    {
        var rig = new ServingRig();
        rig.Serve("1", spec => spec with { Batching = new BatchingSpec { Policy = "none" } }, ("1", ["a"]));
        var answers = new[] { rig.Ask(1), rig.Ask(2), rig.Ask(3) };
        foreach (var expected in new double[] { 1, 2, 3 })
        {
            var call = await rig.Clients["a"].NextAsync();
            call.Values.ShouldBe([expected]);
            call.Succeed();
        }

        (await Task.WhenAll(answers)).ShouldAllBe(o => o.Kind == OutcomeKind.Ok);
    }

    [Fact]
    public async Task Rows_LargerThanABatch_AreCutAndJoinedAgain()
    {
        var rig = new ServingRig(cacheBytes: 0);
        rig.Serve("1", spec => spec with { Batching = new BatchingSpec { Policy = "fixed", MaxSize = 4 } }, ("1", ["a"]));
        var answer = rig.Ask(7, rows: 10);
        for (var i = 0; i < 3; i++)
        {
            (await rig.Clients["a"].NextAsync()).Succeed();
        }

        ServingRig.ValuesOf(await answer).ShouldBe(Enumerable.Repeat(70.0, 10).ToArray());
        rig.Clients["a"].Batches.Select(b => b.Length).ShouldBe([4, 4, 2]);
    }
}
