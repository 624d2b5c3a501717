using System.Text.Json;
using Orchestrator.Core.Json;

namespace Orchestrator.Cli.Tests.Commands;

public sealed class BuildCommandTests : IDisposable
{
    private const string Built = """{"line":"Step 1/2"}""" + "\n" + """{"built":{"image":"r/test-digits:3","id":"sha256:ab","bytes":2000000}}""" + "\n";
    private readonly string _requirements = Path.GetTempFileName();

    [Fact]
    public async Task Build_ThatSucceeds_PrintsTheImageAndNotesItsProgress()
    {
        await using var orchestrator = await FakeOrchestrator.StartAsync();
        orchestrator.Change = (200, Built);
        await File.WriteAllTextAsync(_requirements, "numpy\n", CliRun.Token);

        var run = await CliRun.OfAsync(
            orchestrator, "model", "build", "digits", "--version", "3", "--framework", "sklearn", "--requirements", _requirements, "--registry", "r", "--base", "b:1", "--push");

        run.ExitCode.ShouldBe(0, run.Error);
        run.Out.ShouldStartWith("r/test-digits:3 (");
        run.Error.ShouldContain("Step 1/2");
        run.Error.ShouldContain("--image r/test-digits:3");
        var request = orchestrator.Requests.Last();
        request.ShouldStartWith("POST /api/v1/models/digits/build ");
        JsonSerializer.Deserialize(request[request.IndexOf('{', StringComparison.Ordinal)..], CoreJson.Default.BuildImageRequest)
            .ShouldBe(new("3", "sklearn", null, "numpy\n", "r", "b:1", Push: true));
    }

    [Fact]
    public async Task Build_InJson_PrintsTheImageAlone()
    {
        await using var orchestrator = await FakeOrchestrator.StartAsync();
        orchestrator.Change = (200, Built);

        var run = await CliRun.OfAsync(orchestrator, "model", "build", "digits", "--version", "3", "--framework", "noop", "-o", "json");

        JsonSerializer.Deserialize(run.Out, CoreJson.Default.BuiltImage).ShouldBe(new("r/test-digits:3", "sha256:ab", 2_000_000));
        run.Error.ShouldBeEmpty();
    }

    [Theory]
    [InlineData(200, """{"line":"ERROR: no numpy"}""" + "\n" + """{"error":"image 'x' cannot be built: code 1"}""", 1, "image 'x' cannot be built: code 1")]
    [InlineData(200, """{"line":"Step 1/2"}""", 1, "The build broke off without a word")]
    [InlineData(400, """{"error":"framework: unknown framework 'x'","details":[]}""", 2, "framework: unknown framework 'x'")]
    public async Task Build_ThatFails_EndsWithTheReason(int status, string body, int exitCode, string expected)
    {
        await using var orchestrator = await FakeOrchestrator.StartAsync();
        orchestrator.Change = (status, body);

        var run = await CliRun.OfAsync(orchestrator, "model", "build", "digits", "--version", "3", "--framework", "noop");

        run.ExitCode.ShouldBe(exitCode);
        run.Error.ShouldContain(expected);
        run.Out.ShouldBeEmpty();
    }

    [Fact]
    public async Task Build_WithoutItsRequirementsFile_SaysWhichIsMissing()
    {
        await using var orchestrator = await FakeOrchestrator.StartAsync();

        var run = await CliRun.OfAsync(orchestrator, "model", "build", "digits", "--version", "3", "--framework", "noop", "--requirements", "/nonexistent/r.txt");

        run.ExitCode.ShouldBe(2);
        run.Error.ShouldContain("/nonexistent/r.txt: no such file or folder.");
    }

    public void Dispose() => File.Delete(_requirements);
}
