namespace Orchestrator.Cli.Tests.Commands;

public sealed class ContainerCommandsTests
{
    [Fact]
    public async Task Check_OfSomethingThatIsNoContainer_FailsAndCounts()
    {
        await using var orchestrator = await FakeOrchestrator.StartAsync();
        var run = await CliRun.OfAsync(orchestrator, "container", "check", orchestrator.Address.ToString());
        run.ExitCode.ShouldBe(1);
        run.Out.ShouldContain("FAILED");
        run.Out.ShouldContain(" failed, ");
    }

    [Theory]
    [InlineData("table")]
    [InlineData("json")]
    public async Task Check_WhereNobodyListens_SaysItOnce(string output)
    {
        var run = await CliRun.OfAsync(new Uri("http://127.0.0.1:1"), null, "container", "check", "http://127.0.0.1:1", "-o", output);
        run.ExitCode.ShouldBe(1);
        run.Out.ShouldBeEmpty();
        run.Error.ShouldContain("Nothing was checked: Connection refused (127.0.0.1:1)");
    }

    [Fact]
    public async Task Check_InJson_IsALinePerCheck()
    {
        await using var orchestrator = await FakeOrchestrator.StartAsync();
        var run = await CliRun.OfAsync(orchestrator, "container", "check", orchestrator.Address.ToString(), "-o", "json");
        run.ExitCode.ShouldBe(1);
        var lines = run.Out.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        lines.Length.ShouldBeGreaterThan(10);
        foreach (var line in lines)
        {
            System.Text.Json.JsonDocument.Parse(line).RootElement.GetProperty("outcome").GetString().ShouldBeOneOf("Passed", "Failed", "Skipped");
        }
    }

    [Theory]
    [InlineData("not found: this container serves model 'wine' version '1'")]
    [InlineData("nothing is served at '/v2/models/model'; this is /v2/models/wine/versions/1")]
    public async Task Check_OfAModelWithAnotherName_AsksTheContainerForIt(string answer)
    {
        await using var orchestrator = await FakeOrchestrator.StartAsync();
        orchestrator.Change = (404, $$"""{"error":"{{answer}}"}""");
        var run = await CliRun.OfAsync(orchestrator, "container", "check", orchestrator.Address.ToString());
        run.Error.ShouldBe("checking model 'wine', the one it serves\n");
        orchestrator.Requests.ShouldContain("GET /v2/models/wine");
    }

    [Fact]
    public async Task Check_OfAModelWhoseNameNobodySays_AsksTheUser()
    {
        await using var orchestrator = await FakeOrchestrator.StartAsync();
        orchestrator.Change = (404, """{"error":"no such model"}""");
        var run = await CliRun.OfAsync(orchestrator, "container", "check", orchestrator.Address.ToString());
        run.ExitCode.ShouldBe(2);
        run.Error.ShouldBe("error: The container serves no model 'model' and does not say which one it serves; pass --model NAME.\n");
        run.Out.ShouldBeEmpty();
        (await CliRun.OfAsync(orchestrator, "container", "check", orchestrator.Address.ToString(), "--model", "model")).Out.ShouldContain(" failed, ", customMessage: "named, it is checked");
    }

    [Fact]
    public async Task Check_Help_NamesNoModelThatIsNotAssumed()
    {
        var run = await CliRun.OfAsync(new Uri("http://127.0.0.1:1"), null, "container", "check", "--help");
        run.ExitCode.ShouldBe(0);
        run.Out.ShouldContain("left out: what the container says.");
        run.Out.ShouldNotContain("default: model");
    }
}
