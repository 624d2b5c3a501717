using Orchestrator.Core.Admin;
using static Orchestrator.Cli.Tests.FakeOrchestrator;

namespace Orchestrator.Cli.Tests.Commands;

public sealed partial class StatusCommandTests
{
    [Fact]
    public async Task Status_OfACluster_ShowsModelsAndApplicationsAsText()
    {
        await using var orchestrator = await StartAsync();
        orchestrator.Status = orchestrator.Status with { Revision = 4, Models = [Model(replicas: [Replica("a", ReplicaPhase.Ready) with { Image = "orchestrator-sklearn:latest", ContainerId = "0123456789abcdef", Cpus = 0.25, MemoryBytes = 64 << 20, MemoryLimitBytes = 1 << 30, LastExit = "out of memory" }, Replica("b", ReplicaPhase.WarmingUp)])], Applications = [Application()] };
        var run = await CliRun.OfAsync(orchestrator, "status");
        run.ExitCode.ShouldBe(0);
        run.Out.ShouldBe(
            """
            cluster test, revision 4, process: everything is as wanted
            MODEL   VERSION  SERVING  REPLICAS  PHASE             RESTARTS  BATCH  P99     IN FLIGHT  REASON
            digits  2        yes      1/2       WarmingUp, Ready  2         16     4.5 ms  6          warning: made by another version

            MODEL     REPLICA  PHASE      IMAGE                        CONTAINER     CPU   MEMORY           RESTARTS  LAST EXIT
            digits:2  a        Ready      orchestrator-sklearn:latest  0123456789ab  25 %  64 MiB of 1 GiB  1         out of memory
            digits:2  b        WarmingUp  -                            -             -     -                1

            APPLICATION  SLO       MODELS  DEFAULT  STATE
            digits       20ms p99  digits  -1       available

            """);
    }

    [Fact]
    public async Task Status_OfAReplacementBesideTheFailedOne_CountsARestartOnce()
    {
        await using var orchestrator = await StartAsync();
        var failed = Replica("a", ReplicaPhase.Failed) with { Restarts = 3, Report = null };
        var successor = Replica("b", ReplicaPhase.Pending) with { Restarts = 4, Report = null };
        orchestrator.Status = orchestrator.Status with { Models = [Model(replicas: [failed, successor])] };
        (await CliRun.OfAsync(orchestrator, "status")).Out.ShouldContain("Pending  4 ");
    }

    [Fact]
    public async Task Status_OfAReplicaBetweenTwoRestarts_SaysUntilWhenAndTheWholeReason()
    {
        await using var orchestrator = await StartAsync();
        var next = new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);
        var reason = $"no replica of version 2 is ready: 1 waiting to start; the last one failed: {new string('x', 100)} no space left";
        orchestrator.Status = orchestrator.Status with { Models = [Model(state: "unavailable", reason: reason, replicas: [Replica("a", ReplicaPhase.Pending) with { NextAttempt = next }])] };
        var run = await CliRun.OfAsync(orchestrator, "status");
        run.Out.ShouldContain($"Pending until {next.ToLocalTime():HH:mm:ss}");
        run.Out.ShouldContain($"\ndigits: {reason}\n");
    }

    [Fact]
    public async Task Status_InJson_IsTheServersWord()
    {
        await using var orchestrator = await StartAsync();
        orchestrator.Status = orchestrator.Status with { Models = [Model()] };
        var run = await CliRun.OfAsync(orchestrator, "status", "--output", "json");
        System.Text.Json.JsonSerializer.Deserialize(run.Out, Core.Json.CoreJson.Default.ClusterStatus)!.Models[0].Name.ShouldBe("digits");
    }

    [Theory]
    [InlineData(true, "redis: h:6379, connected since {0}\n")]
    [InlineData(false, "redis: h:6379, AWAY since {0}: no reply for 500 ms; no shared cache; no changes\n")]
    public async Task Status_WithRedis_SaysWhetherItIsThereAndSinceWhen(bool isThere, string line)
    {
        await using var orchestrator = await StartAsync();
        var since = new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);
        orchestrator.Status = orchestrator.Status with { Redis = new RedisStatus { Server = "h:6379", Connected = isThere, Since = since, Reason = isThere ? null : "no reply for 500 ms", Consequences = isThere ? [] : ["no shared cache", "no changes"] } };
        (await CliRun.OfAsync(orchestrator, "status")).Out.ShouldContain(line.Replace("{0}", $"{since.ToLocalTime():yyyy-MM-dd HH:mm:ss}", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Status_WithASlowRedis_SaysWhatIsDoneWithout()
    {
        await using var orchestrator = await StartAsync();
        orchestrator.Status = orchestrator.Status with { Redis = new RedisStatus { Server = "h:6379", Connected = true, Consequences = ["the cache is left alone", "so are features"] } };
        (await CliRun.OfAsync(orchestrator, "status")).Out.ShouldContain(", SLOW: the cache is left alone; so are features\n");
    }

    [Fact]
    public async Task Status_WithAProblemAndAFailedModel_SaysBoth()
    {
        await using var orchestrator = await StartAsync();
        orchestrator.Status = orchestrator.Status with { Problem = "the registry cannot be written", Models = [Model(serving: "1", state: "failed", reason: "no module named sklearn")] };
        var run = await CliRun.OfAsync(orchestrator, "status");
        run.Out.ShouldContain("PROBLEM: the registry cannot be written");
        run.Out.ShouldContain("no module named sklearn");
        run.Out.ShouldContain("not yet");
    }

    [Theory]
    [InlineData(true, null, true)]
    [InlineData(true, "1", false)]
    [InlineData(false, null, false)]
    public async Task Status_OnATerminal_IsColouredUnlessNoColor(bool isTerminal, string? noColor, bool isColoured)
    {
        await using var orchestrator = await StartAsync();
        orchestrator.Status = orchestrator.Status with { Models = [Model(replicas: [Replica("a", ReplicaPhase.Ready)])] };
        var run = await CliRun.OfAsync(orchestrator.Address, c => c with { IsOutTerminal = isTerminal, Environment = n => n == "NO_COLOR" ? noColor : c.Environment(n) }, "status");
        run.Out.Contains("\u001b[32m", StringComparison.Ordinal).ShouldBe(isColoured);
        run.Out.ShouldContain("digits");
    }

    [Theory]
    [InlineData(100, 0)]
    [InlineData(100, 40)]
    [InlineData(100, 300)]
    [InlineData(120, 300)]
    [InlineData(200, 300)]
    public async Task Status_OnATerminal_BreaksNoName(int width, int reason)
    {
        await using var orchestrator = await StartAsync();
        var words = string.Join(' ', Enumerable.Repeat("word", reason / 5));
        var model = Model("digits-of-the-post", reason: words.Length == 0 ? null : words, replicas: [Replica("a1b2c3", ReplicaPhase.Ready), Replica("d4e5f6", ReplicaPhase.WarmingUp)]);
        var version = model.Versions[1] with { Signature = null };
        orchestrator.Status = orchestrator.Status with { Models = [model with { Versions = [version] }], Applications = [Application("digits-of-the-post")] };
        var run = await CliRun.OfAsync(orchestrator.Address, c => c with { IsOutTerminal = true, Width = width, Environment = n => n == "NO_COLOR" ? "1" : c.Environment(n) }, "status");
        var text = Styles().Replace(run.Out, "");
        var lines = text.Split('\n');
        lines.ShouldAllBe(l => l.Length <= width || l.StartsWith("digits-of-the-post: word", StringComparison.Ordinal));
        lines.Count(l => l.Contains("digits-of-the-post ", StringComparison.Ordinal) && l.Contains("WarmingUp, Ready", StringComparison.Ordinal)).ShouldBe(1, text);
        lines.Count(l => l.Contains("digits-of-the-post:2 ", StringComparison.Ordinal)).ShouldBe(2, text);
        text.Contains("reason", StringComparison.Ordinal).ShouldBe(reason > 0 && width > 100, text);
        string.Join(' ', text.Split([' ', '\n', '│'], StringSplitOptions.RemoveEmptyEntries)).ShouldContain(words);
    }

    [Fact]
    public async Task Status_InATable_CutsAReasonAtItsEndAndPrintsItWholeBelow()
    {
        await using var orchestrator = await StartAsync();
        var reason = $"the beginning {new string('x', 150)} the end";
        orchestrator.Status = orchestrator.Status with { Models = [Model(state: "degraded", reason: reason, replicas: [Replica("a", ReplicaPhase.Ready)])] };
        var run = await CliRun.OfAsync(orchestrator, "status");
        run.Out.ShouldContain($"{reason[..117]}...\ndigits: {reason}\n");
    }

    [Theory]
    [InlineData(ReplicaPhase.Ready, "yes")]
    [InlineData(ReplicaPhase.Starting, "not now")]
    public async Task Status_OfTheVersionThatRequestsGoTo_SaysWhetherItServesThem(ReplicaPhase phase, string serving)
    {
        await using var orchestrator = await StartAsync();
        orchestrator.Status = orchestrator.Status with { Models = [Model(replicas: [Replica("a", phase)])] };
        (await CliRun.OfAsync(orchestrator, "status")).Out.ShouldContain($"digits  2        {serving} ");
    }

    [Theory]
    [InlineData(0, "16     -    ")]
    [InlineData(10, "16     4.5 ms ")]
    public async Task Status_BeforeTheFirstCall_ShowsNoLatencyOfTheWarmUp(long batches, string expected)
    {
        await using var orchestrator = await StartAsync();
        var replica = Replica("a", ReplicaPhase.Ready);
        orchestrator.Status = orchestrator.Status with { Models = [Model(replicas: [replica with { Report = replica.Report! with { Batches = batches } }])] };
        (await CliRun.OfAsync(orchestrator, "status")).Out.ShouldContain(expected);
    }

    [Fact]
    public async Task Status_OfAReplicaThatWasReplaced_ShowsWhyAsItsLastExitAlone()
    {
        await using var orchestrator = await StartAsync();
        const string killed = "killed by signal 9 (SIGKILL)";
        var model = Model(replicas: [Replica("a", ReplicaPhase.Failed, killed) with { LastExit = killed }, Replica("b", ReplicaPhase.Ready) with { LastExit = killed }, Replica("c", ReplicaPhase.Ready)]);
        orchestrator.Status = orchestrator.Status with { Models = [model] };
        var lines = (await CliRun.OfAsync(orchestrator, "status")).Out.Split('\n');
        lines.Single(l => l.StartsWith("digits  2 ", StringComparison.Ordinal)).ShouldEndWith("warning: made by another version");
        lines.Single(l => l.StartsWith("digits:2  b ", StringComparison.Ordinal)).ShouldEndWith(killed);
    }

    [Theory]
    [InlineData("rolling out", 0, ReplicaPhase.Pending, "on its way")]
    [InlineData("rolling out", 1, ReplicaPhase.Pending, "on its way")]
    [InlineData("rolling out", 2, ReplicaPhase.Pending, "1 model does not come up: digits")]
    [InlineData("unavailable", 2, ReplicaPhase.Starting, "1 model does not come up: digits")]
    [InlineData("degraded", 2, ReplicaPhase.Ready, "on its way")]
    [InlineData("failed", 0, ReplicaPhase.Pending, "1 model does not come up: digits")]
    public async Task Status_OfAModelThatIsRestartedInVain_SaysThatItDoesNotComeUp(string state, int failures, ReplicaPhase phase, string expected)
    {
        await using var orchestrator = await StartAsync();
        var model = Model(serving: null, state: state, replicas: [Replica("a", phase)]);
        model = model with { Versions = [model.Versions[0], model.Versions[1] with { FailedStarts = failures }] };
        orchestrator.Status = orchestrator.Status with { Settled = false, Models = [model] };
        (await CliRun.OfAsync(orchestrator, "status")).Out.ShouldStartWith($"cluster test, revision 0, process: {expected}\n");
        orchestrator.Status = orchestrator.Status with { Models = [Model("wine", serving: null, state: "failed"), Model("tree", serving: null, state: "failed")] };
        (await CliRun.OfAsync(orchestrator, "status")).Out.ShouldStartWith("cluster test, revision 0, process: 2 models do not come up: wine, tree\n");
    }

    [Theory]
    [InlineData(0, true)]
    [InlineData(2, false)]
    public async Task Status_OfAModelThatShallNotRun_DoesNotSayThatItDoesNotComeUp(int replicas, bool isLive)
    {
        await using var orchestrator = await StartAsync();
        var model = Model(state: "rolling out");
        var version = model.Versions[1] with { FailedStarts = 5, Live = isLive, Spec = model.Versions[1].Spec with { Replicas = replicas } };
        orchestrator.Status = orchestrator.Status with { Settled = false, Models = [model with { Versions = [version] }] };
        (await CliRun.OfAsync(orchestrator, "status")).Out.ShouldStartWith("cluster test, revision 0, process: on its way\n");
    }

    [System.Text.RegularExpressions.GeneratedRegex("\\u001b\\[[0-9;]*m")]
    private static partial System.Text.RegularExpressions.Regex Styles();
}
