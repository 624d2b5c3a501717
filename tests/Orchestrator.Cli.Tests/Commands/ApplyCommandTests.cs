using Orchestrator.Cli.Artefacts;
using Orchestrator.Core.Admin;

namespace Orchestrator.Cli.Tests.Commands;

public sealed class ApplyCommandTests : IDisposable
{
    private const string Valid =
        """
        cluster: test
        models:
          - name: m
            version: "1"
            framework: noop
        applications:
          - name: a
            model: m
            slo: 20ms
        """;

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("orch-cli-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public async Task Apply_OfAValidFile_SendsItAndPrintsTheChanges()
    {
        await using var orchestrator = await FakeOrchestrator.StartAsync();
        var run = await CliRun.OfAsync(orchestrator, "apply", "-f", Write(Valid), "--no-wait");
        run.Error.ShouldBeEmpty();
        run.ExitCode.ShouldBe(0);
        run.Out.ShouldBe("model digits: version 2 added, now current\n");
        orchestrator.Requests.Last().ShouldStartWith("PUT /api/v1/spec?keepOthers=false&dryRun=false {\"name\":\"test\"");
    }

    [Fact]
    public async Task Apply_KeepingOthers_AsksForItAndSaysWhatTheFileDoesNotName()
    {
        await using var orchestrator = await FakeOrchestrator.StartAsync();
        orchestrator.Status = orchestrator.Status with
        {
            Models = [new ModelStatus { Name = "m", CurrentVersion = "1", State = "serving" }, new ModelStatus { Name = "wine", CurrentVersion = "1", State = "serving" }],
        };
        var run = await CliRun.OfAsync(orchestrator, "apply", "-f", Write(Valid), "--no-wait", "--keep-others");
        run.ExitCode.ShouldBe(0, run.Error);
        run.Error.ShouldBe("kept, though cluster.yaml does not name it: model wine\n");
        orchestrator.Status = orchestrator.Status with { Cluster = "ours" };
        (await CliRun.OfAsync(orchestrator, "apply", "-f", Write(Valid), "--no-wait", "--keep-others")).Error.ShouldBe("kept, though cluster.yaml does not name it: model wine; and the name of the cluster, ours\n");
        orchestrator.Requests.ShouldContain(r => r.StartsWith("PUT /api/v1/spec?keepOthers=true&dryRun=false ", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Apply_OfAnInvalidFile_SaysEveryMistakeAndSendsNothing()
    {
        await using var orchestrator = await FakeOrchestrator.StartAsync();
        var run = await CliRun.OfAsync(orchestrator, "apply", "-f", Write(Valid.Replace("slo: 20ms", "slo: 20", StringComparison.Ordinal).Replace("model: m", "model: other", StringComparison.Ordinal)));
        run.ExitCode.ShouldBe(2);
        run.Error.ShouldContain("cluster.yaml:9:");
        run.Error.ShouldContain("cluster.yaml:8:");
        orchestrator.Requests.ShouldAllBe(r => r.StartsWith("GET ", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Apply_OfAnUnknownFramework_SaysItWithTheServersNamesAndTheOtherMistakes()
    {
        await using var orchestrator = await FakeOrchestrator.StartAsync();
        var run = await CliRun.OfAsync(orchestrator, "apply", "-f", Write(Valid.Replace("noop", "skleran", StringComparison.Ordinal).Replace("slo: 20ms", "slo: 20", StringComparison.Ordinal)));
        run.ExitCode.ShouldBe(2);
        run.Error.ShouldContain("did you mean 'sklearn'?");
        run.Error.ShouldContain("cluster.yaml:9:");
        run.Error.ShouldNotContain("is missing");
    }

    [Fact]
    public async Task Apply_OfAnInvalidFile_NoServer_SaysTheMistakes()
    {
        var run = await CliRun.OfAsync(new Uri("http://127.0.0.1:1"), null, "apply", "-f", Write(Valid.Replace("slo: 20ms", "slo: 20", StringComparison.Ordinal)));
        run.ExitCode.ShouldBe(2);
        run.Error.ShouldContain("cluster.yaml:9:");
    }

    [Fact]
    public async Task Apply_ThatTheServerRefuses_SaysWhereInTheFile()
    {
        await using var orchestrator = await FakeOrchestrator.StartAsync();
        orchestrator.Change = (400, """{"error":"1 mistake","details":[{"path":"models[0].versions[0].framework","message":"unknown here"}]}""");
        var run = await CliRun.OfAsync(orchestrator, "apply", "-f", Write(Valid), "--no-wait");
        run.ExitCode.ShouldBe(2);
        run.Error.ShouldContain("cluster.yaml:5:");
    }

    [Fact]
    public async Task Apply_WhereAMistakeLiesInWhatIsKept_NamesNoPlaceInTheFile()
    {
        await using var orchestrator = await FakeOrchestrator.StartAsync();
        orchestrator.Change = (400, """{"error":"other keys","details":[{"path":"features.views[0]","message":"other keys","kept":"application hers"}]}""");
        var run = await CliRun.OfAsync(orchestrator, "apply", "-f", Write(Valid), "--no-wait", "--keep-others");
        run.ExitCode.ShouldBe(2);
        run.Error.ShouldBe("error: application hers (kept, not in the file): features.views[0]: other keys\n");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Apply_DryRun_TellsWhatItWouldUploadAndUploadsNothing(bool stored)
    {
        var model = Path.Combine(_folder.FullName, "model.pkl");
        await File.WriteAllTextAsync(model, "x", CliRun.Token);
        var digest = await LocalArtefact.Find(model).DigestAsync(CliRun.Token);
        await using var orchestrator = await FakeOrchestrator.StartAsync();
        if (stored)
        {
            orchestrator.Stored.Add(digest);
        }

        var run = await CliRun.OfAsync(orchestrator, "apply", "--dry-run", "-f", Write(TwoOf("path: model.pkl")));

        run.ExitCode.ShouldBe(0, run.Error);
        run.Out.ShouldBe((stored ? "" : "would upload model.pkl (1 B)\n") + "model digits: version 2 added, now current\n");
        orchestrator.Artefacts.ShouldBeEmpty();
        orchestrator.Requests.Last().ShouldStartWith("PUT /api/v1/spec?keepOthers=false&dryRun=true");
        orchestrator.Requests.Last().ShouldContain(digest);
        orchestrator.WillUpload.ShouldBe(stored ? "" : digest);
    }

    [Theory]
    [InlineData("table", "would upload model.pkl (1 B)\nnothing to change (revision 3)\n")]
    [InlineData("json", """{"revision":3,"changed":false,"changes":[],"uploads":[{"digest":"DIGEST","name":"model.pkl","bytes":1}]}""" + "\n")]
    public async Task Apply_DryRunThatChangesNothing_SaysSoBesideWhatItWouldUpload(string output, string expected)
    {
        var model = Path.Combine(_folder.FullName, "model.pkl");
        await File.WriteAllTextAsync(model, "x", CliRun.Token);
        var digest = await LocalArtefact.Find(model).DigestAsync(CliRun.Token);
        await using var orchestrator = await FakeOrchestrator.StartAsync();
        orchestrator.Change = (200, """{"revision":3,"changed":false,"changes":[]}""");
        var run = await CliRun.OfAsync(orchestrator, "apply", "--dry-run", "-f", Write(TwoOf("path: model.pkl")), "-o", output);
        run.ExitCode.ShouldBe(0, run.Error);
        run.Out.ShouldBe(expected.Replace("DIGEST", digest, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(Valid, 0, "true")]
    [InlineData("models: 3", 2, "false")]
    public async Task Validate_InJson_ListsMistakesWithTheirPlaces(string text, int code, string valid)
    {
        var run = await CliRun.OfAsync(new Uri("http://127.0.0.1:1"), null, "validate", "-f", Write(text), "-o", "json");
        run.ExitCode.ShouldBe(code);
        run.Out.ShouldStartWith($"{{\"valid\":{valid},\"errors\":[");
    }

    // Two versions of one artefact.
    private static string TwoOf(string artefact) => Valid.Replace(
        "    version: \"1\"\n    framework: noop",
        $"    current: \"1\"\n    versions: [{{ version: \"1\", framework: sklearn, {artefact} }}, {{ version: \"2\", framework: sklearn, {artefact} }}]",
        StringComparison.Ordinal);

    private string Write(string text)
    {
        var path = Path.Combine(_folder.FullName, "cluster.yaml");
        File.WriteAllText(path, text);
        return path;
    }
}
