using static Orchestrator.Cli.Tests.FakeOrchestrator;

namespace Orchestrator.Cli.Tests.Commands;

public sealed class StreamCommandsTests
{
    [Fact]
    public async Task Logs_OfAModel_AreThoseOfItsCurrentVersion()
    {
        await using var orchestrator = await StartAsync();
        orchestrator.Status = orchestrator.Status with { Models = [Model()] };
        orchestrator.Logs = "[a] loading\n[a] ready\n";
        var run = await CliRun.OfAsync(orchestrator, "logs", "digits", "--tail", "5");
        run.Out.ShouldBe("[a] loading\n[a] ready\n");
        orchestrator.Requests.Last().ShouldBe("GET /api/v1/models/digits/versions/2/logs?tail=5&follow=false");
    }

    [Fact]
    public async Task Logs_InJson_AreAnObjectALine()
    {
        await using var orchestrator = await StartAsync();
        orchestrator.Logs = "[a] says \"x\"\n";
        (await CliRun.OfAsync(orchestrator, "logs", "digits:1", "-o", "json", "--instance", "a")).Out.ShouldBe("""{"instance":"a","line":"says \"x\""}""" + "\n");
        orchestrator.Requests.Last().ShouldBe("GET /api/v1/models/digits/versions/1/logs?tail=100&follow=false&instance=a");
    }

    [Fact]
    public async Task Events_OfTheCluster_AreALineEach()
    {
        await using var orchestrator = await StartAsync();
        orchestrator.Events = ":\n\nid: 7\nevent: replica\ndata: {\"sequence\":7,\"at\":\"2026-01-02T03:04:05.678+00:00\",\"kind\":\"replica\",\"subject\":\"digits:2/a\",\"message\":\"is Ready\"}\n\n";
        var run = await CliRun.OfAsync(orchestrator, "events", "--since", "6");
        run.Out.ShouldBe("2026-01-02T03:04:05.678Z  replica   digits:2/a  is Ready\n");
        orchestrator.Requests.Last().ShouldBe("GET /api/v1/events?since=6");
    }
}
