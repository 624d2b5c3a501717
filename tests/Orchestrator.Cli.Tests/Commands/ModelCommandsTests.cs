using Orchestrator.Core.Admin;
using static Orchestrator.Cli.Tests.FakeOrchestrator;

namespace Orchestrator.Cli.Tests.Commands;

public sealed class ModelCommandsTests
{
    [Theory]
    [InlineData("model rollback digits --no-wait", "POST /api/v1/models/digits/rollback {}")]
    [InlineData("model rollback digits --to 1 --no-wait", "POST /api/v1/models/digits/rollback {\"version\":\"1\"}")]
    [InlineData("model scale digits 3 --no-wait", "POST /api/v1/models/digits/versions/2/scale {\"replicas\":3}")]
    [InlineData("model scale digits:1 0 --no-wait", "POST /api/v1/models/digits/versions/1/scale {\"replicas\":0}")]
    [InlineData("model remove digits", "DELETE /api/v1/models/digits")]
    [InlineData("model remove digits:1", "DELETE /api/v1/models/digits/versions/1")]
    [InlineData("app remove digits", "DELETE /api/v1/applications/digits")]
    [InlineData("app create cancer --model cancer --slo 50ms --default-output -1 --no-wait", "PUT /api/v1/applications/cancer {\"name\":\"cancer\",\"slo\":{\"latency\":\"50ms\",\"percentile\":99},\"defaultOutput\":-1,\"selection\":{\"policy\":\"single\",\"targets\":[{\"model\":\"cancer\",\"weight\":1}]}}")]
    [InlineData("app create ab -m a=0.9 -m b:2=0.1 --slo 1s --no-wait", "PUT /api/v1/applications/ab {\"name\":\"ab\",\"slo\":{\"latency\":\"1s\",\"percentile\":99},\"selection\":{\"policy\":\"weighted\",\"targets\":[{\"model\":\"a\",\"weight\":0.9},{\"model\":\"b\",\"version\":\"2\",\"weight\":0.1}]}}")]
    public async Task Change_OfADesire_IsSentAndItsChangesPrinted(string line, string request)
    {
        await using var orchestrator = await StartAsync();
        orchestrator.Status = orchestrator.Status with { Models = [Model()], Applications = [Application()] };
        var run = await CliRun.OfAsync(orchestrator, line.Split(' '));
        run.Error.ShouldBeEmpty();
        run.ExitCode.ShouldBe(0);
        run.Out.ShouldBe("model digits: version 2 added, now current\n");
        orchestrator.Requests.Last().ShouldBe(request);
    }

    [Theory]
    [InlineData("model show digist", "There is no model 'digist' (did you mean 'digits'?). Known: digits.")]
    [InlineData("model scale digits:3 1", "There is no version of digits: '3'")]
    [InlineData("app show digts", "There is no application 'digts' (did you mean 'digits'?)")]
    [InlineData("logs digist", "(did you mean 'digits'?)")]
    public async Task Name_ThatIsUnknown_EndsWithOneAndASuggestion(string line, string expected)
    {
        await using var orchestrator = await StartAsync();
        orchestrator.Status = orchestrator.Status with { Models = [Model()], Applications = [Application()] };
        var run = await CliRun.OfAsync(orchestrator, line.Split(' '));
        run.ExitCode.ShouldBe(1);
        run.Error.ShouldContain(expected);
    }

    [Fact]
    public async Task Show_OfAModel_HasSignatureReplicasAndProfile()
    {
        await using var orchestrator = await StartAsync();
        orchestrator.Status = orchestrator.Status with { Models = [Model(replicas: [Replica("a", ReplicaPhase.Ready)])] };
        var run = await CliRun.OfAsync(orchestrator, "model", "show", "digits");
        run.Out.ShouldContain("current 2, serving 2, rollback to 1");
        run.Out.ShouldContain("in   input FP64 [-1, 64]");
        run.Out.ShouldContain("warning: made by another version");
        run.Out.ShouldContain("127.0.0.1:20001");
        run.Out.ShouldContain("8           8        3 ms  4.5 ms");
    }

    [Theory]
    [InlineData("some/venv", true)]
    [InlineData("python3", false)]
    public async Task Deploy_WithAnInterpreter_SendsAPathThatHoldsElsewhereToo(string written, bool isPath)
    {
        await using var orchestrator = await StartAsync();
        await CliRun.OfAsync(orchestrator, "model", "deploy", "m", "--version", "1", "--framework", "noop", "--no-wait", "--interpreter", written);
        var expected = isPath ? Path.GetFullPath(written) : written;
        orchestrator.Requests.Single(r => r.StartsWith("POST /api/v1/models/m/deploy", StringComparison.Ordinal)).ShouldContain($"\"interpreter\":\"{expected}\"");
    }

    [Fact]
    public async Task Deploy_WithEveryOption_SendsThatSpec()
    {
        await using var orchestrator = await StartAsync();
        var run = await CliRun.OfAsync(
            orchestrator, "model", "deploy", "digits", "--no-wait", "--version", "3", "--framework", "custom", "--command", "serve", "--port={port}", "--option", "method=predict_proba", "--option", "n=3",
            "--env", "A=b=c", "--replicas", "2", "--batching", "fixed", "--max-batch", "64", "--batch-delay", "2ms", "--no-cache", "--standby", "--threads", "4", "--interpreter", "/venv", "--not-current");
        run.Error.ShouldBeEmpty();
        run.ExitCode.ShouldBe(0);
        var body = orchestrator.Requests.Last()["POST /api/v1/models/digits/deploy ".Length..];
        var request = System.Text.Json.JsonSerializer.Deserialize(body, Core.Json.CoreJson.Default.DeployRequest)!;
        request.MakeCurrent.ShouldBeFalse();
        var spec = request.Version;
        (spec.Version, spec.Framework, spec.Replicas, spec.Threads, spec.Interpreter, spec.Standby).ShouldBe(("3", "custom", 2, 4, "/venv", true));
        spec.Command.ShouldBe(["serve", "--port={port}"]);
        spec.Options["method"].GetString().ShouldBe("predict_proba");
        spec.Options["n"].GetInt32().ShouldBe(3);
        spec.Environment["A"].ShouldBe("b=c");
        (spec.Batching.Policy, spec.Batching.MaxSize, spec.Batching.Delay, spec.Cache.Enabled).ShouldBe(("fixed", 64, TimeSpan.FromMilliseconds(2), false));
    }

    [Fact]
    public async Task Change_ThatIsRefused_EndsWithTheServersReason()
    {
        await using var orchestrator = await StartAsync();
        orchestrator.Change = (409, """{"error":"version 3 exists and differs","details":[{"path":"framework","message":"was sklearn"}]}""");
        var run = await CliRun.OfAsync(orchestrator, "model", "deploy", "digits", "--version", "3", "--framework", "noop", "--no-wait");
        run.ExitCode.ShouldBe(1);
        run.Error.ShouldBe("error: version 3 exists and differs\n  framework: was sklearn\n");
        orchestrator.Change = (400, """{"error":"invalid","details":[]}""");
        (await CliRun.OfAsync(orchestrator, "model", "deploy", "digits", "--version", "3", "--framework", "noop")).ExitCode.ShouldBe(2);
    }

    [Theory]
    [InlineData("""{"error":"error: no such route","details":[]}""", "error: no such route\n")]
    [InlineData("""{"error":"Error:","details":[]}""", "error: Error:\n")]
    [InlineData("""{"error":"it is full","details":[{"path":"","message":"it is full"}]}""", "error: it is full\n")]
    public async Task AnErrorAnswer_IsSaidOnce_AndCalledAnErrorOnce(string body, string expected)
    {
        await using var orchestrator = await StartAsync();
        orchestrator.Change = (400, body);
        (await CliRun.OfAsync(orchestrator, "app", "create", "a", "--model", "x", "--no-wait")).Error.ShouldBe(expected);
    }

    [Theory]
    [InlineData("model deploy wine --version 1 --framework noop", "models[3].versions[0]", "error: MISTAKE")]
    [InlineData("model deploy wine --version 1 --framework noop --replicas -1", "models[3].versions[0].replicas", "error: --replicas: MISTAKE")]
    [InlineData("model deploy wine --version 1 --framework noop --max-batch 0", "models[3].versions[0].batching.maxSize", "error: --max-batch: MISTAKE")]
    [InlineData("model deploy wine --version 1 --framework noop --option a=1", "models[3].versions[0].options.a", "error: --option: MISTAKE")]
    [InlineData("model deploy wine --version 1 --framework noop", "models[3].versions[0].unheard.of", "error: model wine, version 1: unheard.of: MISTAKE")]
    [InlineData("model deploy digits --version 3 --framework noop --replicas -1", "models[0].versions[2].replicas", "error: --replicas: MISTAKE")]
    [InlineData("model deploy digits --version 2 --framework noop --replicas -1", "models[0].versions[1].replicas", "error: --replicas: MISTAKE")]
    [InlineData("model deploy digits --version 3 --framework noop", "models[0].versions[0].artefact", "error: model digits, version 1: artefact: MISTAKE")]
    [InlineData("model deploy wine --version 1 --framework noop", "models[0].versions[1].artefact", "error: model digits, version 2: artefact: MISTAKE")]
    [InlineData("model scale digits -1", "models[0].versions[1].replicas", "error: replicas: MISTAKE")]
    [InlineData("model scale digits 1", "models[0].versions[1].artefact", "error: model digits, version 2: artefact: MISTAKE")]
    [InlineData("model scale digits 1", "models[0]", "error: MISTAKE")]
    [InlineData("model scale digits 1", "models[5].versions[0]", "error: models[5].versions[0]: MISTAKE")]
    [InlineData("model rollback digits", "applications[0].slo", "error: application digits: slo: MISTAKE")]
    [InlineData("app create a --model digits", "models[0].versions[0].artefact", "error: model digits, version 1: artefact: MISTAKE")]
    [InlineData("app create a --model digits", "applications[0].slo.latency", "error: application digits: slo.latency: MISTAKE")]
    [InlineData("app create a --model digits", "runtime", "error: runtime: MISTAKE")]
    [InlineData("app create a --model nosuch", "applications[2].selection.targets[0].model", "error: --model: MISTAKE")]
    [InlineData("app create a --model digits --slo 0s", "applications[2].slo.latency", "error: --slo: MISTAKE")]
    public async Task Change_ThatIsRefused_NamesTheCommandsOptionOrTheThing(string line, string path, string expected)
    {
        await using var orchestrator = await StartAsync();
        orchestrator.Status = orchestrator.Status with { Models = [Model()], Applications = [Application()] };
        orchestrator.Change = (400, $$"""{"error":"MISTAKE","details":[{"path":"{{path}}","message":"MISTAKE"}]}""");
        (await CliRun.OfAsync(orchestrator, line.Split(' '))).Error.ShouldBe(expected + "\n");
        (await CliRun.OfAsync(orchestrator, [.. line.Split(' '), "-o", "json"])).Error.ShouldContain($"\"{path}\"");
    }

    [Fact]
    public async Task Change_ThatIsRefusedForWhatIsKept_NamesIt()
    {
        await using var orchestrator = await StartAsync();
        orchestrator.Change = (400, """{"error":"MISTAKE","details":[{"path":"slo.latency","message":"MISTAKE","kept":"application hers"}]}""");
        (await CliRun.OfAsync(orchestrator, "app", "create", "a", "--model", "m")).Error.ShouldBe("error: application hers (kept, not in the file): slo.latency: MISTAKE\n");
    }
}
