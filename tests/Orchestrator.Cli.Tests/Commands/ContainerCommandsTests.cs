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

    [Fact]
    public async Task Check_InJson_IsALinePerCheck()
    {
        var run = await CliRun.OfAsync(new Uri("http://127.0.0.1:1"), null, "container", "check", "http://127.0.0.1:1", "-o", "json");
        run.ExitCode.ShouldBe(1);
        foreach (var line in run.Out.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            System.Text.Json.JsonDocument.Parse(line).RootElement.GetProperty("outcome").GetString().ShouldBeOneOf("Failed", "Skipped");
        }
    }
}
