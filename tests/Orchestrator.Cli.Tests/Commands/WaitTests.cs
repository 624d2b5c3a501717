using Orchestrator.Core.Admin;
using static Orchestrator.Cli.Tests.FakeOrchestrator;

namespace Orchestrator.Cli.Tests.Commands;

public sealed class WaitTests
{
    private static readonly string[] Deploy = ["model", "deploy", "digits", "--version", "2", "--framework", "noop"];

    private static readonly string[] CreateApp = ["app", "create", "a", "--model", "digits"];

    private static ClusterStatus At(long revision, ModelStatus model) => new() { Cluster = "test", Revision = revision, Models = [model] };

    [Fact]
    public async Task Deploy_ThatBecomesReady_ShowsPhasesAndEndsWithZero()
    {
        await using var orchestrator = await StartAsync();
        orchestrator.Coming(
            At(0, Model(state: "serving")), // of before the change: says nothing of it
            At(1, Model(serving: "1", state: "rolling out", reason: "starting", replicas: [Replica("a", ReplicaPhase.Starting)])),
            At(1, Model(replicas: [Replica("a", ReplicaPhase.Ready)])));
        var run = await CliRun.OfAsync(orchestrator, Deploy);
        run.ExitCode.ShouldBe(0);
        run.Error.ShouldBe(
            """
            digits: serving
            digits: rolling out: starting
            digits:2/a: Starting
            digits: serving
            digits:2/a: Ready
            digits:2: warning: made by another version
            digits: ready

            """);
    }

    [Fact]
    public async Task Deploy_ThatFails_EndsWithOneTheReasonAndTheLastLines()
    {
        await using var orchestrator = await StartAsync();
        orchestrator.Coming(
            At(1, Model(serving: "1", state: "rolling out", replicas: [Replica("a", ReplicaPhase.Probing)])),
            At(1, Model(serving: "1", state: "failed", reason: "no pickle", replicas: [Replica("a", ReplicaPhase.Failed, "no pickle", "loading", "FATAL: no pickle")])));
        var run = await CliRun.OfAsync(orchestrator, Deploy);
        run.ExitCode.ShouldBe(1);
        run.Error.ShouldContain("error: digits: version 2 failed: no pickle\n  [digits:2] loading\n  [digits:2] FATAL: no pickle\n  digits: version 1 goes on serving. Version 2 stays deployed and is tried again; go back: orch model rollback digits\n");
    }

    [Fact]
    public async Task Deploy_WhoseReasonIsLong_PrintsAllOfIt()
    {
        await using var orchestrator = await StartAsync();
        var reason = $"0 of 1 replicas of version 2 ready: 1 waiting to start; the last one failed: {new string('x', 100)} scikit-learn {new string('y', 100)}";
        orchestrator.Coming(
            At(1, Model(serving: null, state: "rolling out", reason: reason, replicas: [Replica("a", ReplicaPhase.Pending, reason)])),
            At(1, Model(serving: null, state: "failed", reason: "no pickle")));
        var run = await CliRun.OfAsync(orchestrator, Deploy);
        run.Error.ShouldContain($"digits: rolling out: {reason}\ndigits:2/a: Pending: {reason}\n");
        run.Error.ShouldContain("\n  digits has no version that serves. It stays deployed and is tried again; remove it: orch model remove digits\n");
    }

    [Theory]
    [InlineData(null, "  digits has no version that serves. It stays deployed and is tried again.\n")]
    [InlineData("1", "  digits: version 1 goes on serving. Version 2 stays deployed and is tried again.\n")]
    public async Task Apply_OfAModelThatFails_SaysThatItIsTriedAgain(string? serving, string expected)
    {
        await using var orchestrator = await StartAsync();
        orchestrator.Status = At(1, Model(serving: serving, state: "failed", reason: "no pickle"));
        var file = Path.GetTempFileName();
        await File.WriteAllTextAsync(file, "cluster: test\nmodels:\n  - { name: digits, version: \"2\", framework: noop }\n", CliRun.Token);
        (await CliRun.OfAsync(orchestrator, "apply", "-f", file)).Error.ShouldContain(expected);
        File.Delete(file);
    }

    [Fact]
    public async Task Deploy_ThatTakesTooLong_EndsWithFour()
    {
        await using var orchestrator = await StartAsync();
        orchestrator.Status = At(1, Model(serving: "1", state: "rolling out", reason: "warming up"));
        // Long enough for a first look at the status on a machine that is busy with something else.
        var run = await CliRun.OfAsync(orchestrator, [.. Deploy, "--timeout", "5s"]);
        run.ExitCode.ShouldBe(4);
        run.Error.ShouldContain("Not ready after 5 s");
        run.Error.ShouldContain("digits: rolling out: warming up");
    }

    [Theory]
    [InlineData("--timeout", 4)]
    [InlineData("--no-wait --timeout", 0)]
    public async Task Deploy_InAScript_WaitsUnlessToldNotTo(string words, int exitCode)
    {
        await using var orchestrator = await StartAsync();
        orchestrator.Status = At(1, Model(serving: "1", state: "rolling out"));
        var run = await CliRun.OfAsync(orchestrator.Address, c => c with { IsErrorTerminal = false }, [.. Deploy, .. words.Split(' '), "300ms"]);
        run.ExitCode.ShouldBe(exitCode);
    }

    [Fact]
    public async Task Deploy_FrontendThatHasNotSwappedYet_IsWaitedFor()
    {
        await using var orchestrator = await StartAsync();
        orchestrator.Status = At(1, Model()) with { ServingRevision = 7, AcknowledgedRevision = 6 };
        (await CliRun.OfAsync(orchestrator, [.. Deploy, "--timeout", "300ms"])).ExitCode.ShouldBe(4);
        orchestrator.Status = orchestrator.Status with { AcknowledgedRevision = 7 };
        (await CliRun.OfAsync(orchestrator, Deploy)).ExitCode.ShouldBe(0);
    }

    [Fact]
    public async Task CreateApp_WhoseModelIsStillStarting_EndsWhenItAnswers()
    {
        await using var orchestrator = await StartAsync();
        var starting = At(1, Model(serving: null, state: "rolling out", reason: "starting")) with { Applications = [Application("a")] };
        orchestrator.Coming(starting, starting with { Models = [Model()], Applications = [Application("a") with { Available = true }] });
        var run = await CliRun.OfAsync(orchestrator, CreateApp);
        run.ExitCode.ShouldBe(0);
        run.Error.ShouldContain("digits: rolling out: starting\n");
        run.Error.ShouldEndWith("a: ready\n");
    }

    [Fact]
    public async Task CreateApp_WhoseModelFailed_EndsWithOneAndTheReason()
    {
        await using var orchestrator = await StartAsync();
        orchestrator.Status = At(1, Model(serving: null, state: "failed", reason: "no pickle")) with { Applications = [Application("a") with { Available = false }] };
        var run = await CliRun.OfAsync(orchestrator, CreateApp);
        run.ExitCode.ShouldBe(1);
        run.Error.ShouldContain("error: digits: version 2 failed: no pickle\n  digits has no version that serves. It stays deployed and is tried again; remove the application: orch app remove a\n");
    }

    [Fact]
    public async Task Deploy_OfAModelThatAnApplicationUses_DoesNotAdviseToRemoveIt()
    {
        await using var orchestrator = await StartAsync();
        orchestrator.Status = At(1, Model(serving: null, state: "failed", reason: "no pickle")) with { Applications = [Application("a") with { Available = false }] };
        var run = await CliRun.OfAsync(orchestrator, Deploy);
        run.ExitCode.ShouldBe(1);
        run.Error.ShouldEndWith("\n  digits has no version that serves. It stays deployed and is tried again.\n");
    }

    [Fact]
    public async Task CreateApp_WhoseModelKeepsAnOlderVersion_IsReadyAlthoughTheRolloutFailed()
    {
        await using var orchestrator = await StartAsync();
        orchestrator.Status = At(1, Model(serving: "1", state: "failed", reason: "no pickle")) with { Applications = [Application("a") with { Available = true }] };
        (await CliRun.OfAsync(orchestrator, CreateApp)).ExitCode.ShouldBe(0);
    }

    [Fact]
    public async Task Deploy_InJson_PrintsTheResultAndNoProgress()
    {
        await using var orchestrator = await StartAsync();
        orchestrator.Status = At(1, Model());
        var run = await CliRun.OfAsync(orchestrator, [.. Deploy, "-o", "json"]);
        run.Error.ShouldBeEmpty();
        System.Text.Json.JsonDocument.Parse(run.Out).RootElement.GetProperty("revision").GetInt64().ShouldBe(1);
    }
}
