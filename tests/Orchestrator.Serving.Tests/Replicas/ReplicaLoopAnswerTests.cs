using System.Runtime.InteropServices;
using Orchestrator.Core.Cluster;
using Orchestrator.Protocol;
using Orchestrator.Serving.Prediction;
using Orchestrator.Serving.Replicas;

namespace Orchestrator.Serving.Tests.Replicas;

/// <summary>In which thread a caller goes on: the replica's own only where nothing is kept waiting by it.</summary>
public sealed class ReplicaLoopAnswerTests
{
    private static readonly BatchingSpec Pairs = new() { Policy = "fixed", MaxSize = 2 };

    [ThreadStatic]
    private static bool _handsOut;

    private readonly ServingRig _rig = new(cacheBytes: 0);

    [Fact]
    public async Task LoneCaller_GoesOnWhereItsAnswerCameIn()
    {
        _rig.Serve("1", ("1", ["a"]));
        var asked = Ask(1);
        HandOut(await _rig.Clients["a"].NextAsync());
        asked.IsCompleted.ShouldBeTrue();
        (await asked).ShouldBe((10, true));
    }

    [Fact]
    public async Task LoneCaller_AsksAgainThere_IsServedByAnotherLoop()
    {
        _rig.Serve("1", ("1", ["a"]));
        var asked = AskTwice();
        HandOut(await _rig.Clients["a"].NextAsync());
        _rig.Clients["a"].BatchCount.ShouldBe(2);
        HandOut(await _rig.Clients["a"].NextAsync());
        (await asked).ShouldBe((20, true));

        async Task<(double Value, bool Here)> AskTwice()
        {
            await Ask(1);
            return await Ask(2);
        }
    }

    [Fact]
    public async Task OthersInItsBatch_GoOnInThePool()
    {
        _rig.Serve("1", spec => spec with { Batching = Pairs }, ("1", ["a"]));
        var first = Ask(1);
        var call = await _rig.Clients["a"].NextAsync();
        var (second, third, fourth) = (Ask(2), Ask(3), Ask(4));
        HandOut(call);
        (await first).ShouldBe((10, false), "the fourth waits, and its batch may be this thread's to send");
        HandOut(await _rig.Clients["a"].NextAsync());
        (await second).ShouldBe((20, false));
        (await third).ShouldBe((30, false));
        HandOut(await _rig.Clients["a"].NextAsync());
        (await fourth).ShouldBe((40, true));
    }

    [Fact]
    public async Task NextBatchIsSent_NothingElseWaits_GoesOnWhereItsAnswerCameIn()
    {
        _rig.Serve("1", ("1", ["a"]));
        var first = Ask(1);
        var call = await _rig.Clients["a"].NextAsync();
        var second = Ask(2);
        HandOut(call);
        _rig.Clients["a"].BatchCount.ShouldBe(2);
        (await first).ShouldBe((10, true));
        HandOut(await _rig.Clients["a"].NextAsync());
        (await second).ShouldBe((20, true));
    }

    [Theory]
    [InlineData(2)]
    [InlineData(1)]
    public async Task ManyRows_ArePutTogetherInThePool(int mostRows)
    {
        _rig.Serve("1", spec => spec with { Batching = new BatchingSpec { Policy = "fixed", MaxSize = mostRows } }, ("1", ["a"]));
        var asked = Ask(_rig.Call(1, rows: 2));
        for (var rows = 0; rows < 2; rows += mostRows)
        {
            HandOut(await _rig.Clients["a"].NextAsync());
        }

        (await asked).ShouldBe((10, false));
    }

    [Fact]
    public async Task ReplicaComputesSeveral_CallersLeaveItALoopForEachPlace()
    {
        var rig = new ServingRig(cacheBytes: 0) { Concurrency = 4 };
        rig.Serve("1", spec => spec with { Batching = new BatchingSpec { Policy = "none" } }, ("1", ["a"]));
        var (first, second, third, fourth) = (Nest(1), Nest(2), Nest(3), Nest(4));
        HandOut(await rig.Clients["a"].NextAsync());
        (await first).ShouldBe((10, true));
        (await second).ShouldBe((20, true));
        (await third).ShouldBe((30, false), "two loops carry callers, two are idle, and three batches could be computed");
        (await fourth).Value.ShouldBe(40);

        async Task<(double Value, bool Here)> Nest(double value)
        {
            var outcome = await rig.Service.PredictAsync(rig.Call(value), CancellationToken.None);
            var here = _handsOut;
            rig.Clients["a"].TryNext()?.Succeed();
            return (ServingRig.ValuesOf(outcome)[0], here);
        }
    }

    [Fact]
    public async Task LargeAnswer_GoesOnInThePool()
    {
        _rig.Serve("1", ("1", ["a"]));
        var asked = Ask(1);
        var call = await _rig.Clients["a"].NextAsync();
        _handsOut = true;
        var values = MemoryMarshal.AsBytes<double>(new double[513]).ToArray();
        call.Reply(new ReplicaReply(ReplyKind.Ok, new InferResponse { ModelName = ServingRig.Model, Outputs = [new Tensor("output", DataType.Fp64, [1, 513], values)] }, null, true));
        _handsOut = false;
        (await asked).ShouldBe((0, false));
    }

    [Fact]
    public async Task NoOtherLoopOfTheReplicaIsIdle_GoesOnInThePool()
    {
        _rig.Serve("1", ("1", ["a"]));
        var asked = Ask(1);
        var call = await _rig.Clients["a"].NextAsync();

        // All its loops but the one that is out are told to end.
        _rig.Serve("1", ("1", ["b"]));
        HandOut(call);
        (await asked).ShouldBe((10, false));
    }

    /// <summary>Asks, and says whether it went on inside <see cref="HandOut"/>.</summary>
    private Task<(double Value, bool Here)> Ask(double value) => Ask(_rig.Call(value));

    private async Task<(double Value, bool Here)> Ask(PredictionCall call)
    {
        var outcome = await _rig.Service.PredictAsync(call, CancellationToken.None);
        outcome.Kind.ShouldBe(OutcomeKind.Ok);
        return (ServingRig.ValuesOf(outcome)[0], _handsOut);
    }

    private static void HandOut(FakeReplica.Call call)
    {
        _handsOut = true;
        call.Succeed();
        _handsOut = false;
    }
}
