using static Orchestrator.Cli.Tests.FakeOrchestrator;

namespace Orchestrator.Cli.Tests.Commands;

public sealed class PredictCommandTests
{
    [Theory]
    [InlineData("predict digits [1,2]", "POST /digits/predict {\"input\":[1,2]}")]
    [InlineData("predict digits -", "POST /digits/predict {\"input\":[3]}")]
    [InlineData("predict digits --batch [[1],[2]]", "POST /digits/predict {\"input_batch\":[[1],[2]]}")]
    public async Task Predict_OfAnInput_PrintsTheOutputAlone(string line, string request)
    {
        await using var orchestrator = await StartAsync();
        var run = await CliRun.OfAsync(orchestrator, line.Split(' '));
        run.ExitCode.ShouldBe(0);
        run.Out.ShouldBe("7\n");
        run.Error.ShouldBe("answered by digits:2\n");
        orchestrator.Requests.Last().ShouldBe(request);
    }

    [Fact]
    public async Task Predict_FromAFile_SendsItsContent()
    {
        await using var orchestrator = await StartAsync();
        var file = Path.GetTempFileName();
        await File.WriteAllTextAsync(file, "{\"age\": 61}\n", CliRun.Token);
        await CliRun.OfAsync(orchestrator, "predict", "digits", "@" + file);
        orchestrator.Requests.Last().ShouldBe("POST /digits/predict {\"input\":{\"age\": 61}}");
        File.Delete(file);
    }

    [Fact]
    public async Task Predict_WithTheDefaultOutput_SaysWhy()
    {
        await using var orchestrator = await StartAsync();
        orchestrator.Prediction = (200, """{"query_id":0,"output":-1,"default":true,"default_explanation":"too late","model":"digits","version":"2"}""");
        var run = await CliRun.OfAsync(orchestrator, "predict", "digits", "[1]");
        run.Out.ShouldBe("-1\n");
        run.Error.ShouldContain("this is the default output: too late");
    }

    [Fact]
    public async Task Predict_OfABatch_PrintsALineForEachAndFailsIfOneFailed()
    {
        await using var orchestrator = await StartAsync();
        orchestrator.Prediction = (200, """{"batch_predictions":[{"output":1,"default":false},{"error":"Query processing error","cause":"bad row"}]}""");
        var run = await CliRun.OfAsync(orchestrator, "predict", "digits", "--batch", "[[1],[2]]");
        run.Out.ShouldBe("1\nerror: Query processing error: bad row\n");
        run.ExitCode.ShouldBe(1);
    }

    [Fact]
    public async Task Predict_OfAnInputThatTheModelDoesNotTake_SaysWhyWithoutClippersSchema()
    {
        await using var orchestrator = await StartAsync();
        orchestrator.Prediction = (400, """{"error":"Json error","cause":"Error parsing JSON: data has 2 elements, expected 64. Expected JSON schema: \n  {\n  }\n"}""");
        var run = await CliRun.OfAsync(orchestrator, "predict", "digits", "[1,2]");
        run.ExitCode.ShouldBe(1);
        run.Error.ShouldBe("error: digits: 400 Bad Request: Json error: Error parsing JSON: data has 2 elements, expected 64.\n");
    }

    [Fact]
    public async Task Predict_ThatIsRefused_SaysStatusAndCause()
    {
        await using var orchestrator = await StartAsync();
        orchestrator.Prediction = (400, """{"error":"Json error","cause":"wrong length"}""");
        var run = await CliRun.OfAsync(orchestrator, "predict", "digits", "[1]");
        run.ExitCode.ShouldBe(1);
        run.Error.ShouldBe("error: digits: 400 Bad Request: Json error: wrong length\n");
    }

    [Fact]
    public async Task Predict_OfAnUnknownApplication_SaysWhatExists()
    {
        await using var orchestrator = await StartAsync();
        orchestrator.Status = orchestrator.Status with { Applications = [Application()] };
        orchestrator.Prediction = (404, """{"error":"unknown"}""");
        (await CliRun.OfAsync(orchestrator, "predict", "digist", "[1]")).Error.ShouldContain("There is no application 'digist' (did you mean 'digits'?). Known: digits.");
    }

    [Fact]
    public async Task Predict_InJson_PrintsTheWholeAnswer()
    {
        await using var orchestrator = await StartAsync();
        var run = await CliRun.OfAsync(orchestrator, "predict", "digits", "[1]", "-o", "json");
        run.Out.ShouldBe(orchestrator.Prediction.Body + "\n");
        run.Error.ShouldBeEmpty();
    }
}
