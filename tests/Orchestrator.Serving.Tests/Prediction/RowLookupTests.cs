using System.Runtime.InteropServices;
using Orchestrator.Core.Cluster;
using Orchestrator.Core.Time;
using Orchestrator.Protocol;
using Orchestrator.Serving.Prediction;
using Orchestrator.Serving.Replicas;

namespace Orchestrator.Serving.Tests.Prediction;

/// <summary>Calls with several rows: each is looked up alone, and only what nobody knows is computed, as one item.</summary>
public sealed class RowLookupTests
{
    private readonly ServingRig _rig = new();

    public RowLookupTests() => Serve(new CacheSpec());

    [Fact]
    public async Task SomeRowsKnown_OnlyTheOthersAreComputed_AsOneItem_AndEachIsKeptAlone()
    {
        await KnowAsync(2, 4);
        var answer = AskAsync(1, 2, 3, 4, 5);
        var call = await _rig.Clients["a"].NextAsync();
        call.Batch.Items.Count.ShouldBe(1);
        call.Values.ShouldBe([1, 3, 5]);
        call.Succeed();
        var outcome = await answer;
        ServingRig.ValuesOf(outcome).ShouldBe([10, 20, 30, 40, 50]);
        outcome.Outputs[0].Shape.ShouldBe([5]);
        outcome.FromCache.ShouldBeFalse("not all of it");
        await ShouldBeKnownAsync(1, 3, 5);
    }

    [Fact]
    public async Task AllRowsKnown_NothingIsComputed()
    {
        await KnowAsync(1, 2, 3);
        var outcome = await AskAsync(3, 1, 2, 3);
        outcome.FromCache.ShouldBeTrue();
        ServingRig.ValuesOf(outcome).ShouldBe([30, 10, 20, 30]);
        _rig.Clients["a"].BatchCount.ShouldBe(3, "those that made them known");
    }

    [Fact]
    public async Task NoRowKnown_TheCallGoesAsItCame()
    {
        var inputs = Inputs(1, 2, 3);
        var answer = AskAsync(inputs);
        var call = await _rig.Clients["a"].NextAsync();
        call.Batch.Items.ShouldHaveSingleItem().Inputs.ShouldBeSameAs(inputs);
        call.Succeed();
        ServingRig.ValuesOf(await answer).ShouldBe([10, 20, 30]);
        await ShouldBeKnownAsync(2);
        _rig.Cache.Count.ShouldBe(3);
    }

    [Fact]
    public async Task EqualRows_AreComputedOnce()
    {
        var answer = AskAsync(1, 2, 1, 1, 2);
        var call = await _rig.Clients["a"].NextAsync();
        call.Values.ShouldBe([1, 2]);
        call.Succeed();
        ServingRig.ValuesOf(await answer).ShouldBe([10, 20, 10, 10, 20]);
    }

    [Fact]
    public async Task RowFails_IsToldAtItsPlaces_AndNotKept()
    {
        await KnowAsync(1);
        var answer = AskAsync(1, 2, 3, 2);
        (await _rig.Clients["a"].NextAsync()).Succeed(rowErrors: new Dictionary<int, string> { [0] = "no" });
        var outcome = await answer;
        outcome.Kind.ShouldBe(OutcomeKind.Ok);
        outcome.RowErrors.ShouldNotBeNull().ShouldBe([new(1, "no"), new(3, "no")]);
        ServingRig.ValuesOf(outcome)[2].ShouldBe(30);
        _rig.Cache.Count.ShouldBe(2);
    }

    [Fact]
    public async Task AllThatIsAskedFails_TheWholeIsAsked_SoThatErrorsAreToldByTheRow()
    {
        await KnowAsync(1);
        var answer = AskAsync(1, 2);
        (await _rig.Clients["a"].NextAsync()).Succeed(rowErrors: new Dictionary<int, string> { [0] = "no" });
        var whole = await _rig.Clients["a"].NextAsync();
        whole.Values.ShouldBe([1, 2]);
        whole.Succeed(rowErrors: new Dictionary<int, string> { [1] = "no" });
        var outcome = await answer;
        outcome.RowErrors.ShouldNotBeNull().ShouldBe([new(1, "no")]);
        ServingRig.ValuesOf(outcome)[0].ShouldBe(10);
    }

    [Fact]
    public async Task NoReplica_IsTheEnd_WithoutASecondAttempt()
    {
        await KnowAsync(1);
        _rig.Serve("1", ("1", []));
        var outcome = await AskAsync(1, 2);
        outcome.Kind.ShouldBe(OutcomeKind.Unavailable);
        _rig.Clients["a"].BatchCount.ShouldBe(1);
    }

    [Fact]
    public async Task RowsOfOtherShapes_DoNotFitTogether_TheWholeIsAsked()
    {
        // A model that pads its rows to the longest of their batch.
        await KnowAsync(1);
        var answer = AskAsync(1, 2);
        (await _rig.Clients["a"].NextAsync()).Reply(Reply(new Tensor("output", DataType.Fp64, [1, 2], Bytes(20, 0))));
        var whole = await _rig.Clients["a"].NextAsync();
        whole.Values.ShouldBe([1, 2]);
        whole.Reply(Reply(new Tensor("output", DataType.Fp64, [2, 2], Bytes(10, 0, 20, 0))));
        var outcome = await answer;
        outcome.Outputs[0].Shape.ShouldBe([2, 2]);
        ServingRig.ValuesOf(outcome).ShouldBe([10, 0, 20, 0]);
    }

    [Fact]
    public async Task OutputsOfAnotherNumberOfRows_AreNoAnswer()
    {
        var answer = AskAsync(1, 2);
        (await _rig.Clients["a"].NextAsync()).Reply(Reply(new Tensor("output", DataType.Fp64, [3], Bytes(1, 2, 3))));
        (await answer).Kind.ShouldBe(OutcomeKind.Failed);
        _rig.Cache.Count.ShouldBe(0);
    }

    [Fact]
    public async Task Strings_AreCutAndJoined()
    {
        var first = AskAsync(1, 2);
        (await _rig.Clients["a"].NextAsync()).Reply(Reply(Strings("one", "")));
        await first;
        var answer = AskAsync(2, 3, 1);
        (await _rig.Clients["a"].NextAsync()).Reply(Reply(Strings("three and more")));
        (await answer).Outputs[0].Data.ToArray().ShouldBe(Strings("", "three and more", "one").Data.ToArray());
    }

    [Fact]
    public async Task MalformedStrings_AreGivenAsTheyAre_AndKeptByNobody()
    {
        var answer = AskAsync(1, 2);
        (await _rig.Clients["a"].NextAsync()).Reply(Reply(new Tensor("output", DataType.Bytes, [2], new byte[] { 9, 0, 0, 0, 0, 0, 0, 0 })));
        (await answer).Kind.ShouldBe(OutcomeKind.Ok);
        _rig.Cache.Count.ShouldBe(0);
    }

    [Fact]
    public async Task StaleRows_AreGiven_AndAskedAgainAsOneItem()
    {
        Serve(new CacheSpec { Ttl = TimeSpan.FromSeconds(1), StaleFor = TimeSpan.FromSeconds(10) });
        await KnowAsync(1, 2, 3);
        _rig.Time.Advance(TimeSpan.FromSeconds(2));
        ServingRig.ValuesOf(await AskAsync(1, 2, 3)).ShouldBe([10, 20, 30]);
        var refresh = await _rig.Clients["a"].NextAsync();
        refresh.Batch.Items.Count.ShouldBe(1);
        refresh.Values.ShouldBe([1, 2, 3]);
        refresh.Succeed(factor: 7);
        await KnowAsync(4);
        ServingRig.ValuesOf(await AskAsync(1, 2, 3)).ShouldBe([7, 14, 21], "the refresh was before in the same loop");
    }

    [Fact]
    public async Task MoreThanABatchIsMissed_IsCut_AndEachRowKept()
    {
        _rig.Serve("1", spec => spec with { Batching = new BatchingSpec { Policy = "fixed", MaxSize = 2 } }, ("1", ["a"]));
        await KnowAsync(3);
        var answer = AskAsync(1, 2, 3, 4, 5, 6);
        for (var i = 0; i < 3; i++)
        {
            (await _rig.Clients["a"].NextAsync()).Succeed();
        }

        ServingRig.ValuesOf(await answer).ShouldBe([10, 20, 30, 40, 50, 60]);
        _rig.Clients["a"].Batches.Skip(1).ShouldBe([[1, 2], [4, 5], [6]]);
        await ShouldBeKnownAsync(1, 2, 3, 4, 5, 6);
    }

    [Fact]
    public async Task MoreRowsThanAreLookedUp_GoAsTheyCame()
    {
        _rig.Serve("1", spec => spec with { Batching = new BatchingSpec { Policy = "fixed", MaxSize = 8192 } }, ("1", ["a"]));
        await KnowAsync(1);
        var answer = AskAsync([.. Enumerable.Range(1, 4097).Select(i => (double)i)]);
        var call = await _rig.Clients["a"].NextAsync();
        call.Batch.Rows.ShouldBe(4097);
        call.Succeed();
        await answer;
        _rig.Cache.Count.ShouldBe(1);
    }

    [Fact]
    public async Task SwitchedOff_GoesAsItCame()
    {
        Serve(new CacheSpec { Enabled = false });
        var answer = AskAsync(1, 1);
        var call = await _rig.Clients["a"].NextAsync();
        call.Values.ShouldBe([1, 1]);
        call.Succeed();
        await answer;
        _rig.Cache.Count.ShouldBe(0);
    }

    [Fact]
    public async Task ClientLeaves_TheAnswerIsKeptAllTheSame()
    {
        using var gone = new CancellationTokenSource();
        var answer = _rig.Service.PredictAsync(Call(Inputs(1, 2)), gone.Token).AsTask();
        var call = await _rig.Clients["a"].NextAsync();
        await gone.CancelAsync();
        (await answer).Kind.ShouldBe(OutcomeKind.Cancelled);
        call.Succeed();
        await KnowAsync(3);
        await ShouldBeKnownAsync(1, 2);
    }

    private static ReplicaReply Reply(Tensor output) => new(ReplyKind.Ok, new InferResponse { ModelName = ServingRig.Model, Outputs = [output] }, null, true);

    private static Tensor Strings(params string[] values)
    {
        using var data = new MemoryStream();
        foreach (var value in values)
        {
            data.Write(BitConverter.GetBytes(value.Length));
            data.Write(System.Text.Encoding.UTF8.GetBytes(value));
        }

        return new Tensor("output", DataType.Bytes, [values.Length], data.ToArray());
    }

    private static byte[] Bytes(params double[] values) => MemoryMarshal.AsBytes<double>(values).ToArray();

    private static IReadOnlyList<Tensor> Inputs(params double[] values) => [new Tensor("input", DataType.Fp64, [values.Length, 1], Bytes(values))];

    private void Serve(CacheSpec cache) => _rig.Serve("1", spec => spec with { Cache = cache }, ("1", ["a"]));

    private PredictionCall Call(IReadOnlyList<Tensor> inputs) =>
        new() { Target = _rig.Version(), Inputs = inputs, Deadline = Deadline.After(_rig.Time, TimeSpan.FromSeconds(1)) };

    private Task<PredictionOutcome> AskAsync(params double[] values) => AskAsync(Inputs(values));

    private Task<PredictionOutcome> AskAsync(IReadOnlyList<Tensor> inputs) => _rig.Service.PredictAsync(Call(inputs), CancellationToken.None).AsTask();

    /// <summary>Nobody answers for a replica and the clock stands: whatever is not in the cache would be waited for without end.</summary>
    private async Task ShouldBeKnownAsync(params double[] values)
    {
        foreach (var value in values)
        {
            var answer = _rig.Ask(value);
            answer.IsCompleted.ShouldBeTrue($"the answer to {value} was not kept under its row's key: the model is asked again");
            var outcome = await answer;
            outcome.FromCache.ShouldBeTrue();
            ServingRig.ValuesOf(outcome).ShouldBe([value * 10]);
        }
    }

    private async Task KnowAsync(params double[] values)
    {
        foreach (var value in values)
        {
            var answer = _rig.Ask(value, 1000);
            (await _rig.Clients["a"].NextAsync()).Succeed();
            await answer;
        }
    }
}
