using System.Text.Json.Nodes;
using Orchestrator.Conformance;

namespace Orchestrator.Container.MlNet.Tests.Model;

public sealed class MlNetModelTests
{
    private const string TwoRows = """
        {"inputs":[{"name":"Features","datatype":"FP64","shape":[2,2],"data":[1,2,3,4]},{"name":"Word","datatype":"BYTES","shape":[2],"data":["ab","cd"]}]}
        """;

    [Fact]
    public async Task Metadata_OfAModel_IsItsSchema()
    {
        await using var served = await ServedModel.StartAsync(new FakePipeline());

        var metadata = await served.MetadataAsync();

        JsonNode.DeepEquals(metadata["inputs"], JsonNode.Parse("""
            [{"name":"Features","datatype":"FP32","shape":[-1,2]},{"name":"Word","datatype":"BYTES","shape":[-1]},{"name":"Species","datatype":"BYTES","shape":[-1]}]
            """)).ShouldBeTrue(metadata.ToJsonString());
        JsonNode.DeepEquals(metadata["outputs"], JsonNode.Parse("""
            [{"name":"PredictedLabel","datatype":"BYTES","shape":[-1]},{"name":"Score","datatype":"FP32","shape":[-1,3]}]
            """)).ShouldBeTrue(metadata.ToJsonString());
        metadata["properties"]!["optional_inputs"]!.GetValue<string>().ShouldBe("Species");
        metadata["properties"]!["framework"]!.GetValue<string>().ShouldBe("ML.NET fake");
        metadata["properties"]!["element_names"]!.GetValue<string>().ShouldBe("""{"Score":["setosa","versicolor","virginica"]}""");
    }

    [Fact]
    public async Task Infer_WithoutTheTrainingLabel_FillsItWithDefaults()
    {
        await using var served = await ServedModel.StartAsync(new FakePipeline());

        var (status, body) = await served.InferAsync(TwoRows);

        status.ShouldBe(200, body.ToJsonString());
        body["outputs"]![0]!["data"]!.ToJsonString().ShouldBe("""["ab/","cd/"]""");
        body["outputs"]![1]!["data"]!.ToJsonString().ShouldBe("[1,2,3,3,4,7]");
        body["outputs"]![1]!["shape"]!.ToJsonString().ShouldBe("[2,3]");
    }

    [Fact]
    public async Task Infer_OfAKey_AnswersTheTextsBehindIt()
    {
        await using var served = await ServedModel.StartAsync(new FakePipeline(), """{"outputs":["Key"]}""");

        var (_, body) = await served.InferAsync("""
            {"inputs":[{"name":"Features","datatype":"FP32","shape":[4,2],"data":[0,0,1,0,2,0,3,0]},{"name":"Word","datatype":"BYTES","shape":[4],"data":["","","",""]}]}
            """);

        body["outputs"]![0]!["datatype"]!.GetValue<string>().ShouldBe("BYTES");
        body["outputs"]![0]!["data"]!.ToJsonString().ShouldBe("""["","one","two",""]""");
    }

    [Fact]
    public async Task Infer_OfAVectorOfVaryingLength_HasTheLengthOfItsRows()
    {
        await using var served = await ServedModel.StartAsync(new FakePipeline(), """{"outputs":["Letters"]}""");

        var (_, body) = await served.InferAsync(TwoRows);

        body["outputs"]![0]!["shape"]!.ToJsonString().ShouldBe("[2,2]");
        body["outputs"]![0]!["data"]!.ToJsonString().ShouldBe("[97,98,99,100]");
    }

    [Fact]
    public async Task Infer_OfRowsOfDifferentLengths_FailsAndSaysSo()
    {
        await using var served = await ServedModel.StartAsync(new FakePipeline(), """{"outputs":["Letters"]}""");

        var (status, body) = await served.InferAsync("""
            {"inputs":[{"name":"Features","datatype":"FP32","shape":[2,2],"data":[0,0,1,0]},{"name":"Word","datatype":"BYTES","shape":[2],"data":["a","bcd"]}]}
            """);

        status.ShouldBe(500);
        body["error"]!.GetValue<string>().ShouldContain("output 'Letters' has rows of 1 and of 3 elements");
    }

    [Fact]
    public async Task Infer_OfAPipelineThatMakesMoreRows_FailsAndSaysSo()
    {
        await using var served = await ServedModel.StartAsync(new FakePipeline { RowsPerRow = 2 });

        var (status, body) = await served.InferAsync(TwoRows);

        status.ShouldBe(500);
        body["error"]!.GetValue<string>().ShouldContain("expected a pipeline that makes one row of each");
    }

    [Fact]
    public async Task Load_OfAPipelineThatCannotCompute_IsRefusedAtOnce()
    {
        var failure = new ArgumentOutOfRangeException("column", "Could not find input column 'x'");

        var refused = await Should.ThrowAsync<ModelLoadException>(() => ServedModel.StartAsync(new FakePipeline { Failure = failure }));

        refused.Message.ShouldContain("cannot compute a row of default values: ArgumentOutOfRangeException: Could not find input column 'x'");
    }

    [Fact]
    public async Task Load_WithAnUnknownOption_IsRefused()
    {
        var refused = await Should.ThrowAsync<ConfigurationException>(() => ServedModel.StartAsync(new FakePipeline(), """{"output":["Key"]}"""));

        refused.Message.ShouldContain("unknown option 'output'; expected outputs");
    }

    [Fact]
    public async Task Container_AgainstTheContract_BreaksNothing()
    {
        await using var served = await ServedModel.StartAsync(new FakePipeline());
        var broken = new List<string>();
        var passed = 0;

        await foreach (var check in new ConformanceSuite().RunAsync(new ConformanceTarget { Url = served.Address, Model = "m" }, TestContext.Current.CancellationToken))
        {
            passed += check.Outcome == CheckOutcome.Passed ? 1 : 0;
            if (check.Outcome == CheckOutcome.Failed)
            {
                broken.Add($"{check.Id}: {check.Detail}");
            }
        }

        broken.ShouldBeEmpty();
        passed.ShouldBeGreaterThan(30);
    }
}
