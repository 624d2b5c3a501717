using System.Text.Json;
using Orchestrator.Core.Admin;
using Orchestrator.Core.Cluster;

namespace Orchestrator.Cli.Tests.Commands;

public sealed class FeaturesCommandsTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("orch-features-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private static async Task<FakeOrchestrator> StartAsync()
    {
        var orchestrator = await FakeOrchestrator.StartAsync();
        orchestrator.Change = (200, """{"written":2}""");
        orchestrator.Status = orchestrator.Status with { Applications = [Application("a", View("users", "native", "visits", "city")), Application("b", View("f", "feast", "x"))] };
        return orchestrator;
    }

    private static ApplicationStatus Application(string name, params FeatureViewSpec[] views) => new()
    {
        Spec = new ApplicationSpec { Name = name, Slo = new SloSpec { Latency = TimeSpan.FromSeconds(1) }, Selection = new SelectionSpec(), Features = new FeaturesSpec { Views = views } },
        Available = true,
    };

    private static FeatureViewSpec View(string name, string layout, params string[] features) => new()
    {
        Name = name,
        Layout = layout,
        Entity = [new EntityKeySpec { Name = "user_id", Type = "int64" }],
        Features = [.. features.Select(f => new FeatureSpec { Name = f, Type = f == "city" ? "string" : "int64" })],
    };

    private string Write(string name, string text)
    {
        var path = Path.Combine(_folder, name);
        File.WriteAllText(path, text);
        return path;
    }

    private static JsonElement[] Rows(FakeOrchestrator orchestrator) =>
        [.. orchestrator.Requests.Where(r => r.StartsWith("POST /api/v1/features ", StringComparison.Ordinal)).SelectMany(r => JsonDocument.Parse(r[r.IndexOf('{', StringComparison.Ordinal)..]).RootElement.GetProperty("rows").EnumerateArray())];

    [Theory]
    [InlineData("users.csv", "city,user_id,visits,other\n\"Zürich, CH\",007,3,x\n,8,,\n")]
    [InlineData("users.jsonl", "{\"user_id\": 7, \"visits\": 3, \"city\": \"Zürich, CH\"}\n\n{\"user_id\": \"8\", \"city\": null}\n")]
    public async Task Load_SendsTypedRecords(string name, string text)
    {
        await using var orchestrator = await StartAsync();
        var run = await CliRun.OfAsync(orchestrator, "features", "load", Write(name, text), "--view", "users");
        run.ExitCode.ShouldBe(0, run.Error);
        run.Out.ShouldStartWith("view users: 2 records loaded in ");
        Rows(orchestrator).Select(r => string.Join(" ", r.EnumerateObject().Where(m => m.Name != "_at").Select(m => $"{m.Name}={m.Value}"))).ShouldBe(["user_id=7 visits=3 city=Zürich, CH", "user_id=8"]);
    }

    [Fact]
    public async Task Load_LinesThatAreNone_AreToldAndLeftOut()
    {
        await using var orchestrator = await StartAsync();
        var path = Write("users.csv", "user_id,visits\n1,2\nx,2\n3,many\n4\n5,6\n");
        var run = await CliRun.OfAsync(orchestrator, "features", "load", path, "--view", "users");
        run.ExitCode.ShouldBe(1);
        run.Out.ShouldContain(", 3 lines are no record and left out");
        run.Error.ShouldContain($"{path}: no column for city: records have none");
        run.Error.ShouldContain($"{path}:3: 'user_id': 'x'; expected a whole number of 64 bits (int64)");
        run.Error.ShouldContain($"{path}:4: 'visits': 'many'; expected a whole number of 64 bits (int64)");
        run.Error.ShouldContain($"{path}:5: 1 fields; expected 2, as the first line says");
        Rows(orchestrator).Select(r => r.GetProperty("user_id").GetString()).ShouldBe(["1", "5"]);
    }

    [Fact]
    public async Task Load_Strict_SendsNothingOfAFileWithMistakes()
    {
        await using var orchestrator = await StartAsync();
        var run = await CliRun.OfAsync(orchestrator, "features", "load", Write("users.jsonl", "{\"user_id\": 1}\n{]\n[1]\n"), "--view", "users", "--strict");
        run.ExitCode.ShouldBe(1);
        run.Error.ShouldContain(":2: not JSON");
        run.Error.ShouldContain(":3: not an object; expected one with the members user_id, visits, city");
        run.Error.ShouldContain("2 lines are no record of view 'users'; nothing was loaded (--strict).");
        Rows(orchestrator).ShouldBeEmpty();
    }

    [Fact]
    public async Task Load_AWrongFile_IsGivenUp()
    {
        await using var orchestrator = await StartAsync();
        var path = Write("users.csv", "user_id\n" + string.Concat(Enumerable.Repeat("x\n", 50)));
        var run = await CliRun.OfAsync(orchestrator, "features", "load", path, "--view", "users", "--most-errors", "3");
        run.ExitCode.ShouldBe(1);
        run.Error.ShouldContain("3 lines were refused, which is as many as --most-errors allows; 0 records were loaded, what follows line 4 was not read.");
        run.Error.ShouldNotContain(":5:");
    }

    [Theory]
    [InlineData("users.csv", "id,visits\n1,2\n", "users", 2, "no column 'user_id', which view 'users' is looked up by; expected user_id, visits, city, found id, visits.")]
    [InlineData("users.csv", "", "users", 2, "is empty; expected a first line with the names of the columns")]
    [InlineData("users.csv", "user_id,user_id\n", "users", 2, "column 'user_id' is there twice")]
    [InlineData("users.txt", "user_id\n", "users", 2, "is it CSV or JSONL? Say so with --format csv or --format jsonl.")]
    [InlineData("users.csv", "user_id\n", "usres", 1, "There is no feature view 'usres' (did you mean 'users'?). Known: f, users.")]
    [InlineData("users.csv", "user_id\n", "f", 2, "View 'f' has Feast's layout, which Feast writes (feast materialize); here it is only read.")]
    public async Task Load_WhatCannotBe_IsSaid(string name, string text, string view, int exitCode, string message)
    {
        await using var orchestrator = await StartAsync();
        var run = await CliRun.OfAsync(orchestrator, "features", "load", Write(name, text), "--view", view);
        run.ExitCode.ShouldBe(exitCode);
        run.Error.ShouldContain(message);
    }

    [Fact]
    public async Task Load_FileThatIsNoUtf8_IsSaid()
    {
        await using var orchestrator = await StartAsync();
        var path = Path.Combine(_folder, "users.csv");
        await File.WriteAllBytesAsync(path, [.. "user_id\n7"u8, 0xff, (byte)'\n'], CliRun.Token);
        var run = await CliRun.OfAsync(orchestrator, "features", "load", path, "--view", "users");
        run.ExitCode.ShouldBe(2);
        run.Error.ShouldContain("is not UTF-8");
    }

    [Fact]
    public async Task Load_OfAClusterFile_NeedsNothingApplied()
    {
        await using var orchestrator = await FakeOrchestrator.StartAsync();
        orchestrator.Change = (200, """{"written":1}""");
        var cluster = Write("c.yaml", """
            models: [{ name: m, version: 1, framework: noop }]
            applications: [{ name: a, slo: 1s, model: m, features: { views: [{ name: users, entity: user_id, features: [{ name: x, type: bool }] }] } }]
            """);
        var run = await CliRun.OfAsync(orchestrator, "features", "load", Write("u.csv", "user_id,x\nann,true\n"), "--view", "users", "-f", cluster, "-o", "json");
        run.ExitCode.ShouldBe(0, run.Error);
        JsonDocument.Parse(run.Out).RootElement.GetProperty("loaded").GetInt32().ShouldBe(1);
        Rows(orchestrator)[0].GetProperty("x").GetBoolean().ShouldBeTrue();
    }

    [Fact]
    public async Task Show_PrintsWhatIsStoredAndUsed()
    {
        await using var orchestrator = await StartAsync();
        orchestrator.Features = """{"view":"users","entity":{"user_id":"7"},"at":"2026-01-02T03:04:05Z","features":[{"name":"visits","type":"int64","stored":3,"used":3},{"name":"city","type":"string","problem":"nothing is stored"}]}""";
        var run = await CliRun.OfAsync(orchestrator, "features", "show", "users", "7");
        run.ExitCode.ShouldBe(0, run.Error);
        run.Out.ShouldContain("users, user_id=7: as of 2026-01-02 03:04:05 UTC");
        run.Out.ShouldContain("visits   int64   3       3");
        run.Out.ShouldContain("no default; nothing is stored");
        orchestrator.Requests.Last().ShouldStartWith("GET /api/v1/features/users?user_id=7");
        (await CliRun.OfAsync(orchestrator, "features", "show", "users", "seven")).Error.ShouldContain("user_id: 'seven'; expected a whole number of 64 bits (int64).");
    }
}
