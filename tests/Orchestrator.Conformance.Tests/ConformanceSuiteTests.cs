using Orchestrator.Conformance.Checks;
using Orchestrator.Protocol;

namespace Orchestrator.Conformance.Tests;

public class ConformanceSuiteTests
{
    public static TheoryData<string> Ids => [.. CheckList.All.Select(c => c.Id)];

    [Fact]
    public async Task RunAsync_ContainerThatKeepsTheContract_PassesEveryCheck()
    {
        await using var container = await new FakeContainer().StartAsync();
        var results = await RunAsync(container.Target);
        results.Where(r => r.Outcome != CheckOutcome.Passed).Select(r => $"{r.Id}: {r.Detail}").ShouldBeEmpty();
        results.Count.ShouldBe(CheckList.All.Count);
    }

    [Theory]
    [MemberData(nameof(Ids))]
    public async Task RunAsync_ContainerBrokenInOnePlace_FailsItsCheck(string id)
    {
        await using var container = await new FakeContainer(broken: id).StartAsync();
        var check = CheckList.All.Single(c => c.Id == id);

        var result = await new ConformanceSuite().RunOneAsync(check, container.Target, TestContext.Current.CancellationToken);

        (result.Outcome, result.Id, result.Level).ShouldBe((CheckOutcome.Failed, id, check.Level), result.Detail);
        result.Detail.ShouldStartWith("expected ");
        result.Detail.ShouldContain(", got ");
    }

    [Fact]
    public async Task RunAsync_ForeignServer_SkipsExtrasAndBinaryWithAReasonAndPassesTheRest()
    {
        await using var container = await new FakeContainer(isForeign: true).StartAsync();
        var results = await RunAsync(container.Target);

        results.Where(r => r.Outcome == CheckOutcome.Failed).ShouldBeEmpty();
        results.Where(r => r.Level == CheckLevel.Extra).ShouldAllBe(r => r.Outcome == CheckOutcome.Skipped && r.Detail.Contains("orchestrator_container_1"));
        results.Single(r => r.Id == "infer.binary").Detail.ShouldContain("does not list the extension binary_tensor_data");
        results.Single(r => r.Id == "infer.json-flat").Outcome.ShouldBe(CheckOutcome.Passed);
    }

    [Fact]
    public async Task RunAsync_NobodyAnswers_FailsTheFirstAndSkipsTheRest()
    {
        var results = await RunAsync(new ConformanceTarget { SocketPath = Path.Combine(Path.GetTempPath(), $"nobody-{Guid.NewGuid():N}.sock") });
        results[0].Outcome.ShouldBe(CheckOutcome.Failed);
        results[0].Detail.ShouldStartWith("expected an answer to GET /v2/health/live, got ");
        results.Skip(1).ShouldAllBe(r => r.Outcome == CheckOutcome.Skipped && r.Detail == "nothing answers: see health.live");
    }

    [Fact]
    public async Task RunAsync_UnixSocket_PassesEveryCheck()
    {
        var path = Path.Combine(Path.GetTempPath(), $"conformance-{Guid.NewGuid():N}.sock");
        await using var container = await new FakeContainer(socketPath: path).StartAsync();
        (await RunAsync(container.Target)).ShouldAllBe(r => r.Outcome == CheckOutcome.Passed);
    }

    [Fact]
    public async Task RunAsync_SampleOfTheCaller_IsWhatIsSent()
    {
        await using var container = await new FakeContainer().StartAsync();
        var wrong = new InferRequest { Inputs = [new Tensor("other", DataType.Int8, [1], new byte[1])] };
        var results = await RunAsync(container.Target with { Sample = wrong });
        results.Single(r => r.Id == "infer.json-flat").Detail.ShouldContain("input 'x' is missing");
        var right = new InferRequest { Inputs = FakeModel.Inputs(5) };
        (await RunAsync(container.Target with { Sample = right })).ShouldAllBe(r => r.Outcome == CheckOutcome.Passed);
    }

    [Fact]
    public async Task RunAsync_ModelThatCannotComputeMadeUpInputs_SaysSoOnceAndAsksForASample()
    {
        await using var container = await new FakeContainer(broken: "made-up inputs").StartAsync();
        var results = await RunAsync(container.Target with { SlowSample = null });
        results.Where(r => r.Outcome == CheckOutcome.Failed).ShouldHaveSingleItem().Detail.ShouldContain("give a sample");
        results.Single(r => r.Id == "infer.batch").ShouldSatisfyAllConditions(
            r => r.Outcome.ShouldBe(CheckOutcome.Skipped),
            r => r.Detail.ShouldContain("give a sample"));
        results.Single(r => r.Id == "refuse.malformed-json").Outcome.ShouldBe(CheckOutcome.Passed);
        var sample = new InferRequest { Inputs = FakeModel.Inputs(5) };
        (await RunAsync(container.Target with { SlowSample = null, Sample = sample })).ShouldAllBe(r => r.Outcome == CheckOutcome.Passed || r.Id == "extra.busy");
    }

    [Fact]
    public async Task RunAsync_VaryingOutput_OnlyItsFormIsCompared()
    {
        await using var container = await new FakeContainer(broken: "infer.batch").StartAsync();
        var results = await RunAsync(container.Target with { VaryingOutputs = new HashSet<string> { "sum" } });
        results.ShouldAllBe(r => r.Outcome == CheckOutcome.Passed);
    }

    [Fact]
    public async Task RunAsync_OutputThatTheMetadataCallVarying_OnlyItsFormIsCompared()
    {
        await using var container = await new FakeContainer(broken: "infer.batch", varying: "echo, sum").StartAsync();
        (await RunAsync(container.Target)).ShouldAllBe(r => r.Outcome == CheckOutcome.Passed);
    }

    [Fact]
    public void Checks_Ids_AreUnique() => CheckList.All.Select(c => c.Id).ShouldBeUnique();

    [Fact]
    public void SampleRows_AnyDatatype_IsDeterministicAndRowsContinue()
    {
        foreach (var type in Enum.GetValues<DataType>())
        {
            var model = new ModelMetadata { Name = "m", Inputs = [new TensorMetadata("x", type, [-1, 2, -1])], Outputs = [] };
            var rows = SampleRows.Take(model, null, 0, 4)[0];
            rows.Shape.ShouldBe([4, 2, 1]);
            TensorRows.Validate(rows, "x");
            TensorRows.Split(rows, [2, 2])[1].Data.ToArray().ShouldBe(SampleRows.Take(model, null, 2, 2)[0].Data.ToArray());
        }
    }

    private static async Task<List<CheckResult>> RunAsync(ConformanceTarget target)
    {
        var results = new List<CheckResult>();
        await foreach (var result in new ConformanceSuite().RunAsync(target, TestContext.Current.CancellationToken))
        {
            results.Add(result);
        }

        return results;
    }
}
