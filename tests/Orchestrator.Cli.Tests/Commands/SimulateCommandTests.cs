using System.Text.Json;
using System.Xml.Linq;

namespace Orchestrator.Cli.Tests.Commands;

public sealed partial class SimulateCommandTests
{
    private static readonly Uri Nowhere = new("http://127.0.0.1:1");

    [Fact]
    public async Task Simulate_Table_ListsEveryRunByTraceLoadAndPolicy()
    {
        var run = await Simulate("--trace", "poisson,closed", "--load", "0.5,2", "--clients", "8", "--policy", "fifo,deferred", "--requests", "2000");
        run.ExitCode.ShouldBe(0, run.Error);
        var lines = run.Out.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        lines[0].ShouldContain("capacity 1231 rows/s");
        lines[1].ShouldContain("GOODPUT/S");
        lines.Skip(2).Select(l => string.Join(' ', l.Split("  ", StringSplitOptions.RemoveEmptyEntries).Take(3).Select(c => c.Trim())))
            .ShouldBe(["poisson 0.5 fifo", "poisson 0.5 deferred", "poisson 2 fifo", "poisson 2 deferred", "closed 8 clients fifo", "closed 8 clients deferred"]);
    }

    [Theory]
    [InlineData(100)]
    [InlineData(125)]
    [InlineData(300)]
    public async Task Simulate_OnATerminal_DrawsEveryColumnAndBreaksNoValue(int width)
    {
        string[] options = ["simulate", "--load", "0.5,2", "--policy", "fifo,none", "--requests", "2000"];
        var plain = (await CliRun.OfAsync(Nowhere, null, options)).Out.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        var run = await CliRun.OfAsync(Nowhere, c => c with { IsOutTerminal = true, Width = width, Environment = n => n == "NO_COLOR" ? "1" : null }, options);
        run.ExitCode.ShouldBe(0, run.Error);
        var lines = Styles().Replace(run.Out, "").Split('\n', StringSplitOptions.RemoveEmptyEntries);
        lines.Skip(1).ShouldAllBe(l => l.Length <= width);
        lines.Skip(1).Select(Cells).Where(l => l.StartsWith("poisson ", StringComparison.Ordinal)).ShouldBe(plain.Skip(2).Select(Cells), run.Out);
        static string Cells(string line) => string.Join(' ', line.Split([' ', '│'], StringSplitOptions.RemoveEmptyEntries));
    }

    [Fact]
    public async Task Simulate_Json_HasDropsByReasonAndBatchSizes()
    {
        var run = await Simulate("--load", "2", "--policy", "deferred", "--requests", "4000", "-o", "json");
        run.ExitCode.ShouldBe(0, run.Error);
        var row = JsonDocument.Parse(run.Out).RootElement.GetProperty("rows")[0];
        row.GetProperty("trace").GetString().ShouldBe("poisson");
        var drops = row.GetProperty("drops").EnumerateObject().ToDictionary(d => d.Name, d => d.Value.GetInt64());
        drops.Keys.ShouldBe(["infeasible", "shed", "full", "givenUp", "expired", "late"]);
        drops["shed"].ShouldBeGreaterThan(0);
        row.GetProperty("batchSizes").EnumerateObject().Sum(b => b.Value.GetInt64()).ShouldBeGreaterThan(0);
    }

    [Fact]
    public async Task Simulate_ProfileAndSvg_ReadsTheOneAndDrawsTheOther()
    {
        var folder = Directory.CreateTempSubdirectory();
        var profile = Path.Combine(folder.FullName, "profile.json");
        var svg = Path.Combine(folder.FullName, "goodput.svg");
        await File.WriteAllTextAsync(profile, """{"schema":"orchestrator/latency-profile/v1","model":"digits","version":"1","sizes":[{"rows":1,"samples":9,"p50Us":1000,"p99Us":1200},{"rows":16,"samples":9,"p50Us":4000,"p99Us":4500}]}""", CliRun.Token);
        var run = await Simulate("--profile", profile, "--svg", svg, "--load", "1", "--policy", "aimd", "--requests", "1000");
        run.ExitCode.ShouldBe(0, run.Error);
        run.Out.ShouldContain("profile of digits:1");
        XDocument.Load(svg).Root!.Name.LocalName.ShouldBe("svg");
        folder.Delete(recursive: true);
    }

    [Theory]
    [InlineData("--policy best", "policy 'best' is unknown; known: fifo")]
    [InlineData("--trace odd", "--trace: expected poisson, gamma")]
    [InlineData("--load 1,much", "--load: expected positive numbers separated by commas, got 'much'")]
    [InlineData("--latency 5ms", "--latency: expected a fixed part and a part per row such as 5ms+0.5ms, got '5ms'")]
    [InlineData("--slo 1", "--slo: expected a duration")]
    [InlineData("--slo 2ms", "not even one row fits the SLO of 2ms")]
    [InlineData("--profile /nowhere.json", "--profile: /nowhere.json: ")]
    [InlineData("--replicas 0", "replicas: expected 1 to 10000, got 0")]
    public async Task Simulate_WrongOption_SaysWhatIsExpected(string options, string expected)
    {
        var run = await Simulate([.. options.Split(' '), "--requests", "1000"]);
        run.ExitCode.ShouldBe(2);
        run.Error.ShouldContain(expected);
    }

    [Theory]
    [InlineData("""{"schema":"other","model":"m","version":"1","sizes":[]}""", "schema: expected 'orchestrator/latency-profile/v1', got 'other'")]
    [InlineData("""{"schema":"orchestrator/latency-profile/v1","model":"m","version":"1","sizes":[]}""", "sizes: expected at least one")]
    [InlineData("""{"schema":"orchestrator/latency-profile/v1","model":"m","version":"1","sizes":[{"rows":1,"samples":1,"p50Us":2,"p99Us":1}]}""", "0 < p50Us <= p99Us")]
    [InlineData("not json", "expected a latency profile as orch profile --export writes it")]
    public async Task Simulate_BrokenProfile_SaysWhatIsWrong(string json, string expected)
    {
        var path = Path.GetTempFileName();
        await File.WriteAllTextAsync(path, json, CliRun.Token);
        var run = await Simulate("--profile", path);
        run.ExitCode.ShouldBe(2);
        run.Error.ShouldContain(expected);
        File.Delete(path);
    }

    private static Task<CliRun> Simulate(params string[] options) => CliRun.OfAsync(Nowhere, null, ["simulate", .. options]);

    [System.Text.RegularExpressions.GeneratedRegex("\\u001b\\[[0-9;]*m")]
    private static partial System.Text.RegularExpressions.Regex Styles();
}
