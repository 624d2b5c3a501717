using System.Text.Json;
using static Orchestrator.Cli.Tests.FakeOrchestrator;

namespace Orchestrator.Cli.Tests.Commands;

public sealed class BenchCommandTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("orch-bench-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Bench_WithMadeUpInputs_SendsRowsOfTheSignatureAndSaysWhatCameBack()
    {
        await using var orchestrator = await ServingAsync();
        var run = await CliRun.OfAsync(orchestrator, "bench", "digits", "--requests", "40", "-c", "4", "-o", "json");

        run.ExitCode.ShouldBe(0, run.Error);
        using var report = JsonDocument.Parse(run.Out);
        var point = report.RootElement.GetProperty("points")[0];
        point.GetProperty("mode").GetString().ShouldBe("closed");
        point.GetProperty("requests").GetInt64().ShouldBe(40);
        point.GetProperty("answers").GetProperty("model").GetInt64().ShouldBe(40);
        report.RootElement.GetProperty("sloMs").GetDouble().ShouldBe(20);
        using var sent = JsonDocument.Parse(orchestrator.Requests.Last(r => r.StartsWith("POST /digits/predict", StringComparison.Ordinal))["POST /digits/predict ".Length..]);
        sent.RootElement.GetProperty("input").GetArrayLength().ShouldBe(64);
    }

    [Fact]
    public async Task Bench_WithRowsAndRightOutputs_ChecksEveryAnswer()
    {
        await using var orchestrator = await ServingAsync();
        var (rows, right, wrong) = (Write("rows.json", "[[1],[2]]"), Write("right.json", "[7,7]"), Write("wrong.json", "[7,8]"));

        (await CliRun.OfAsync(orchestrator, "bench", "digits", "@" + rows, "--expect", right, "-n", "10", "-c", "1")).ExitCode.ShouldBe(0);
        orchestrator.Requests.Where(r => r.StartsWith("POST", StringComparison.Ordinal)).Take(3).ShouldBe(["POST /digits/predict {\"input\":[1]}", "POST /digits/predict {\"input\":[2]}", "POST /digits/predict {\"input\":[1]}"]);
        var run = await CliRun.OfAsync(orchestrator, "bench", "digits", "@" + rows, "--expect", wrong, "-n", "10", "-c", "1");
        run.ExitCode.ShouldBe(1);
        run.Out.ShouldContain("model 5, wrong 5");
    }

    [Fact]
    public async Task Bench_AtARate_WritesTableCsvAndDrawing()
    {
        await using var orchestrator = await ServingAsync();
        var (csv, svg) = (Path.Combine(_folder, "a.csv"), Path.Combine(_folder, "a.svg"));
        var run = await CliRun.OfAsync(orchestrator, "bench", "digits", "[1]", "--rate", "400", "--constant", "-n", "20", "--csv", csv, "--svg", svg);

        run.ExitCode.ShouldBe(0, run.Error);
        run.Out.ShouldStartWith("OFFERED/S");
        run.Out.ShouldContain("model 20");
        (await File.ReadAllLinesAsync(csv, CliRun.Token)).Select(l => l.Split(',')[0]).ShouldBe(["Request Rate", "400"]);
        (await File.ReadAllTextAsync(svg, CliRun.Token)).ShouldContain("SLO 20 ms");
    }

    [Fact]
    public async Task Bench_Sweep_TriesRatesAndNamesTheHighest()
    {
        await using var orchestrator = await ServingAsync();
        var run = await CliRun.OfAsync(orchestrator, "bench", "digits", "[1]", "--sweep", "--runs", "2", "--requests", "10", "--duration", "5s", "--slo", "10s");
        run.ExitCode.ShouldBe(0, run.Error);
        run.Out.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length.ShouldBe(5);
        run.Out.ShouldContain("highest rate with 99 % of the requests answered by the model within 10 s: ");
    }

    [Fact]
    public async Task Bench_OfAnApplicationThatAnswersNothing_Fails()
    {
        await using var orchestrator = await ServingAsync();
        orchestrator.Prediction = (503, """{"error":"Unavailable"}""");
        var run = await CliRun.OfAsync(orchestrator, "bench", "digits", "[1]", "-n", "5", "-c", "1");
        run.ExitCode.ShouldBe(1);
        run.Out.ShouldContain("503 5");
        run.Error.ShouldContain("Unavailable");
    }

    [Theory]
    [InlineData("bench digits abc", "input: expected JSON")]
    [InlineData("bench digits @/no/such/file", "input: /no/such/file: no such file or folder.")]
    [InlineData("bench digits [1] --sweep --rate 5", "leave --rate out")]
    [InlineData("bench digits [1] --percentile 200", "--percentile: expected more than 0 and at most 100, got 200")]
    [InlineData("bench digits [1] -c 0", "Connections: expected 1 to 4096, got 0")]
    [InlineData("bench digits [1] --slo soon", "--slo: expected a duration")]
    [InlineData("profile digits --max-size 0", "--max-size: expected at least 1, got 0")]
    public async Task CommandLine_ThatIsWrong_SaysWhatWasExpected(string line, string expected)
    {
        await using var orchestrator = await ServingAsync();
        var run = await CliRun.OfAsync(orchestrator, line.Split(' '));
        run.ExitCode.ShouldBe(2);
        run.Error.ShouldContain(expected);
    }

    [Fact]
    public async Task Profile_OfAModel_MeasuresItsReplicaAndExportsWhatTheSimulatorReads()
    {
        await using var orchestrator = await ServingAsync();
        var file = Path.Combine(_folder, "digits.json");
        var run = await CliRun.OfAsync(orchestrator, "profile", "digits", "--max-size", "4", "--per-size", "50ms", "--slo", "10s", "--export", file);

        run.ExitCode.ShouldBe(0, run.Error);
        run.Out.ShouldContain("SLO 10000 ms: at most 4 rows a batch; 4 if a request must also wait");
        var profile = Core.Serving.MeasuredProfile.Parse(await File.ReadAllTextAsync(file, CliRun.Token));
        profile.Sizes.Select(s => s.Rows).ShouldBe([1, 2, 4]);
        (profile.Model, profile.Version).ShouldBe(("digits", "2"));
        orchestrator.Requests.ShouldContain(r => r.StartsWith("POST /v2/models/digits/infer {\"inputs\":[{\"name\":\"input\",\"shape\":[4,64]", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Profile_WithoutAReadyReplica_SaysSo()
    {
        await using var orchestrator = await StartAsync();
        orchestrator.Status = orchestrator.Status with { Models = [Model()] };
        var run = await CliRun.OfAsync(orchestrator, "profile", "digits");
        run.ExitCode.ShouldBe(1);
        run.Error.ShouldContain("digits:2 has no ready replica");
    }

    private static async Task<FakeOrchestrator> ServingAsync()
    {
        var orchestrator = await StartAsync();
        var replica = Replica("a", Core.Admin.ReplicaPhase.Ready) with { Address = orchestrator.Address.Authority };
        orchestrator.Status = orchestrator.Status with { Models = [Model(replicas: replica)], Applications = [Application()] };
        return orchestrator;
    }

    private string Write(string name, string text)
    {
        var path = Path.Combine(_folder, name);
        File.WriteAllText(path, text);
        return path;
    }
}
