using Orchestrator.Serving.Prediction;
using Orchestrator.Serving.Tests.Queueing;

namespace Orchestrator.Serving.Tests.Routing;

public sealed class ServingTableUpdaterTests
{
    [Fact]
    public async Task Swap_RequestThatReadTheOldTable_IsStillAnswered()
    {
        var rig = new ServingRig();
        rig.Serve("1", ("1", ["a"]));
        var old = rig.Call(1);
        rig.Serve("2", ("2", ["b"]));
        var answer = rig.Service.PredictAsync(old, CancellationToken.None).AsTask();
        (await rig.Clients["a"].NextAsync()).Succeed();
        (await answer).ModelVersion.Version.ShouldBe("1");
        rig.State.Table.Models[ServingRig.Model].Serving!.Id.Version.ShouldBe("2");
    }

    [Fact]
    public async Task Retired_IsInUseUntilGraceIsOverAndQuiet_ThenItsClientIsClosed()
    {
        var rig = new ServingRig();
        rig.Serve("1", ("1", ["a"]));
        var answer = rig.Ask(1, milliseconds: 10_000);
        var call = await rig.Clients["a"].NextAsync();
        rig.Serve("2", ("2", ["b"]));
        rig.Time.Advance(TimeSpan.FromSeconds(2));
        rig.Updater.Sweep();
        rig.Updater.Report().Single(r => r.Id.Instance == "a").InFlight.ShouldBe(1);
        call.Succeed();
        (await answer).Kind.ShouldBe(OutcomeKind.Ok);
        await ModelQueueTests.WaitUntil(() =>
        {
            rig.Updater.Sweep();
            return rig.Updater.Report().All(r => r.Id.Instance != "a");
        });
        rig.Clients["a"].Disposed.ShouldBeTrue();
    }

    [Fact]
    public async Task ReplicaRemoved_FinishesItsBatch_OthersGoOn()
    {
        var rig = new ServingRig();
        rig.Serve("1", ("1", ["a", "b"]));
        var answer = rig.Ask(1);
        var call = await rig.Clients["a"].NextAsync();
        rig.Serve("1", ("1", ["b"]));
        call.Succeed();
        (await answer).Kind.ShouldBe(OutcomeKind.Ok);
        var next = rig.Ask(2);
        (await rig.Clients["b"].NextAsync()).Succeed();
        (await next).Kind.ShouldBe(OutcomeKind.Ok);
        rig.Clients["a"].BatchCount.ShouldBe(1);
    }
}
