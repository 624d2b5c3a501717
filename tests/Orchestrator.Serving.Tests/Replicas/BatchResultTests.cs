using Orchestrator.Core;
using Orchestrator.Protocol;
using Orchestrator.Serving.Prediction;
using Orchestrator.Serving.Queueing;
using Orchestrator.Serving.Replicas;

namespace Orchestrator.Serving.Tests.Replicas;

/// <summary>Rows 0 and 1 are the first item's, row 2 the second's, row 3 the third's.</summary>
public sealed class BatchResultTests
{
    private static readonly int[] Rows = [2, 1, 1];

    [Fact]
    public void Share_NoRowFailed_EveryItemIsAnswered() =>
        Share(null, []).ShouldAllBe(o => o.Kind == OutcomeKind.Ok && o.RowErrors == null && o.InvalidRows.Count == 0);

    [Fact]
    public void Share_SomeRowsOfAnItem_ItKeepsItsAnswersAndWhoseFaultTheOthersAre()
    {
        var shares = Share(new() { [1] = "bad city" }, [1]);

        shares[0].Kind.ShouldBe(OutcomeKind.Ok);
        shares[0].RowErrors.ShouldBe(new Dictionary<int, string> { [1] = "bad city" });
        shares[0].InvalidRows.ShouldBe([1]);
        shares[1..].ShouldAllBe(o => o.Kind == OutcomeKind.Ok && o.RowErrors == null);
    }

    [Fact]
    public void Share_EveryRowOfAnItem_EndsItAsItsCauseSaysAndNoOther()
    {
        var shares = Share(new() { [2] = "bad city", [3] = "broken" }, [2]);

        shares.Select(o => o.Kind).ShouldBe([OutcomeKind.Ok, OutcomeKind.InvalidInput, OutcomeKind.Failed]);
        shares.Select(o => o.Explanation).ShouldBe([null, "bad city", "broken"]);
        shares[0].RowErrors.ShouldBeNull();
    }

    [Fact]
    public void Share_RowsOfAnItemFailThroughBoth_TheModelIsAtFault() =>
        Share(new() { [0] = "broken", [1] = "bad city" }, [1])[0].Kind.ShouldBe(OutcomeKind.Failed);

    [Fact]
    public void Join_PartsWithFailedRows_CountsThemFromTheFirstPart()
    {
        var output = new Tensor("y", DataType.UInt8, [2], new byte[] { 1, 2 });
        PredictionOutcome Part(params int[] invalid) => new()
        {
            Kind = OutcomeKind.Ok, ModelVersion = new ModelVersionId("m", "1"), Outputs = [output], RowErrors = new Dictionary<int, string> { [1] = "bad" }, InvalidRows = invalid,
        };

        var joined = PartsOutcome.Join([Part(), Part(1)], [2, 2]);

        joined.RowErrors!.Keys.ShouldBe([1, 3]);
        joined.InvalidRows.ShouldBe([3]);
    }

    private static PredictionOutcome[] Share(Dictionary<int, string>? errors, int[] invalid)
    {
        var rig = new ServingRig();
        rig.Serve("1", ("1", ["a"]));
        var queue = rig.Version().Queue;
        var items = Rows.Select(rows => new PredictionItem(queue, new PredictionWaiter(long.MaxValue), [new Tensor("x", DataType.UInt8, [rows, 1], new byte[rows])], [])).ToList();
        var batch = new Batch(new FormedBatch<PredictionItem>(items, 4, long.MaxValue, long.MaxValue, 0, 0, Before: 0), 0);
        var response = new InferResponse { ModelName = "m", Outputs = [new Tensor("y", DataType.UInt8, [4], new byte[] { 1, 2, 3, 4 })], RowErrors = errors, InvalidRows = invalid };

        BatchResult.TryShare(batch, response, out var shares, out var mismatch).ShouldBeTrue(mismatch);
        return shares;
    }
}
