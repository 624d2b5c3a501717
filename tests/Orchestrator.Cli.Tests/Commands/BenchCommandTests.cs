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
    public async Task Bench_WithMadeUpInputs_NeverAsksTheSameAgainAlsoInTheNextRun()
    {
        await using var orchestrator = await ServingAsync();
        foreach (var at in new[] { 0, 1 })
        {
            var run = await CliRun.OfAsync(orchestrator.Address, c => c with { Time = new ClockAt(DateTimeOffset.UnixEpoch.AddYears(50).AddSeconds(at)) }, "bench", "digits", "-n", "2500");
            run.ExitCode.ShouldBe(0, run.Error);
        }

        var sent = orchestrator.Requests.Where(r => r.StartsWith("POST /digits/predict", StringComparison.Ordinal)).ToList();
        sent.Count.ShouldBe(5000);
        sent.Distinct().Count().ShouldBe(5000);
    }

    [Theory]
    [InlineData("hit", "from the prediction cache: 75% (30 of 40 look-ups, warm-up included); this measured mostly the cache, not the model\n", 0.75)]
    [InlineData("other", "from the prediction cache: 0% (0 of 40 look-ups, warm-up included)\n", 0.0)]
    [InlineData(null, "how many answers came from the prediction cache is not known: the metrics of this admin address do not count these requests, or those of other clients as well\n", null)]
    public async Task Bench_SaysHowManyAnswersCameFromTheCache(string? result, string expected, double? share)
    {
        await using var orchestrator = await ServingAsync();
        orchestrator.Metrics = n => result is null ? "" : $$"""
            orchestrator_cache_requests_total{model="digits",version="2",result="{{result}}"} {{1000 + (n * 3 / 4)}}
            orchestrator_cache_requests_total{model="digits",version="2",result="miss"} {{7 + (n / 4)}}
            orchestrator_cache_requests_total{model="other",version="2",result="hit"} {{n}}
            orchestrator_prediction_duration_seconds_count{application="digits",model="digits",version="2",outcome="ok"} {{5 + n}}
            """;
        (await CliRun.OfAsync(orchestrator, "bench", "digits", "[1]", "-n", "40", "-c", "4")).Out.ShouldEndWith(expected);

        using var report = JsonDocument.Parse((await CliRun.OfAsync(orchestrator, "bench", "digits", "[1]", "-n", "40", "-c", "4", "-o", "json")).Out);
        var fromCache = report.RootElement.GetProperty("points")[0].GetProperty("fromCache");
        (fromCache.ValueKind == JsonValueKind.Null ? (double?)null : fromCache.GetDouble()).ShouldBe(share);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public async Task Bench_MetricsThatNeverCome_AreGivenUpAndTheCacheIsUnknown(int hangsFrom)
    {
        await using var orchestrator = await ServingAsync();
        orchestrator.BeforeMetrics = (n, gone) => n < hangsFrom ? Task.CompletedTask : Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, gone);
        var run = await CliRun.OfAsync(orchestrator.Address, c => c with { Time = new NoPatience(hangsFrom) }, "bench", "digits", "[1]", "-n", "5", "-c", "1");
        run.ExitCode.ShouldBe(0, run.Error);
        run.Out.ShouldContain("model 5");
        run.Out.ShouldContain("prediction cache is not known");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Bench_Answers_AreCalledRightOnlyIfTheyWereChecked(bool isChecked)
    {
        await using var orchestrator = await ServingAsync();
        var (rows, right) = (Write("rows.json", "[[1]]"), Write("outputs.json", "[7]"));
        var run = await CliRun.OfAsync(orchestrator, ["bench", "digits", "@" + rows, "-n", "5", "-c", "1", .. isChecked ? ["--expect", right] : Array.Empty<string>()]);
        run.ExitCode.ShouldBe(0, run.Error);
        run.Error.ShouldContain(" answers in time/s");
        (run.Out + run.Error).Contains("right", StringComparison.Ordinal).ShouldBe(isChecked, run.Error);
    }

    [Fact]
    public async Task Bench_DefaultAnswers_AreToldByTheirExplanation()
    {
        await using var orchestrator = await ServingAsync();
        orchestrator.Prediction = (200, """{"output":-1,"default":true,"default_explanation":"too late"}""");
        (await CliRun.OfAsync(orchestrator, "bench", "digits", "[1]", "-n", "5", "-c", "1")).Out.ShouldContain("\nclosed loop: default 5: too late\n");
        using var report = JsonDocument.Parse((await CliRun.OfAsync(orchestrator, "bench", "digits", "[1]", "-n", "5", "-c", "1", "-o", "json")).Out);
        report.RootElement.GetProperty("points")[0].GetProperty("defaultExplanations").GetProperty("too late").GetInt64().ShouldBe(5);
    }

    [Theory]
    [InlineData(true, "")]
    [InlineData(true, "json")]
    [InlineData(false, "")]
    public async Task Bench_OnATerminal_ShowsHowFarItIs(bool terminal, string output)
    {
        await using var orchestrator = await ServingAsync();
        string[] arguments = ["bench", "digits", "[1]", "-n", "5", "-c", "1", .. output == "" ? Array.Empty<string>() : ["-o", output]];
        var run = await CliRun.OfAsync(orchestrator.Address, c => c with { IsErrorTerminal = terminal, Time = new ClockAt(DateTimeOffset.UnixEpoch) }, arguments);
        if (terminal && output == "")
        {
            run.Error.ShouldStartWith("\r1 connections, closed loop: 0 s of 10 s, 0 of 5 requests\u001b[K");
            run.Error.ShouldContain("\r\u001b[K1 connections, closed loop: ");
        }
        else
        {
            run.Error.ShouldNotContain("\r");
        }
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
        run.Out.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length.ShouldBe(6);
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
    [InlineData("bench digits --expect /no/such/file", "--expect: made-up inputs have no known outputs; give @FILE with the inputs.")]
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

    // Of a clock the time of day alone: loads take real timers.
    private sealed class ClockAt(DateTimeOffset now) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => now;
    }

    // The five seconds for reading the metrics: over at once for the reading of this number, never for the others.
    private sealed class NoPatience(int reading) : TimeProvider
    {
        private int _readings;

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
            base.CreateTimer(callback, state, dueTime != TimeSpan.FromSeconds(5) ? dueTime : _readings++ == reading ? TimeSpan.Zero : Timeout.InfiniteTimeSpan, period);
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
