using Orchestrator.Core.Cluster;
using Orchestrator.Serving.Prediction;

namespace Orchestrator.Serving.Tests.Queueing;

/// <summary>What a batch that is held for more costs at most.</summary>
public sealed class HoldTests
{
    private static readonly TimeSpan Ms = TimeSpan.FromMilliseconds(1);

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
}
