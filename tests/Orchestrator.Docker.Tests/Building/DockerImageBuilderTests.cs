using System.Formats.Tar;
using Microsoft.AspNetCore.Http;
using Orchestrator.Core.Images;
using Orchestrator.Docker.Building;
using Orchestrator.Docker.Engine;

namespace Orchestrator.Docker.Tests.Building;

public sealed class DockerImageBuilderTests : IAsyncLifetime
{
    private const string Base = """{"Id":"sha256:base","Size":5,"Config":{"User":"10001"}}""";
    private static readonly ImageBuildSpec Spec = new() { Image = "c-m:1", Framework = "sklearn", Requirements = "numpy" };
    private FakeEngine _engine = null!;

    private static CancellationToken Test => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _engine = await FakeEngine.StartAsync();

    public ValueTask DisposeAsync() => _engine.DisposeAsync();

    [Fact]
    public async Task Build_OnTheFrameworksImage_SendsTheContextAndEndsWithTheImage()
    {
        var files = new List<string>();
        _engine.On("GET /v1.41/images/own-sklearn:latest/json", Base)
            .On("GET /v1.41/images/c-m:1/json", """{"Id":"sha256:built","Size":7}""")
            .On("POST /v1.41/build", async context =>
            {
                using var copy = new MemoryStream();
                await context.Request.Body.CopyToAsync(copy, Test);
                copy.Position = 0;
                await using var tar = new TarReader(copy);
                while (await tar.GetNextEntryAsync(copyData: true, Test) is { } entry)
                {
                    files.Add(entry.Name);
                }

                await context.Response.WriteAsync("{\"stream\":\"Step 1/1 : FROM own-sklearn:latest\\n\"}\n{\"aux\":{\"ID\":\"sha256:built\"}}\n{\"stream\":\"Successfully built\\n\"}", Test);
            });

        var steps = await BuildAsync(Spec, new() { ["HTTPS_PROXY"] = "http://proxy:1", ["PIP_INDEX_URL"] = "http://index" });

        steps.ShouldBe([
            new ImageBuildProgress("Step 1/1 : FROM own-sklearn:latest"), new ImageBuildProgress("Successfully built"), new ImageBuildProgress("", new BuiltImage("c-m:1", "sha256:built", 7))]);
        files.ShouldBe(["Dockerfile", "requirements.txt", "install-requirements.sh"]);
        var call = Uri.UnescapeDataString(_engine.Calls.Single(c => c.StartsWith("POST /v1.41/build", StringComparison.Ordinal)));
        call.ShouldContain("t=c-m:1");
        call.ShouldContain("networkmode=host");
        call.ShouldContain("""{"HTTPS_PROXY":"http://proxy:1","PIP_INDEX_URL":"http://index"}""");
    }

    [Fact]
    public async Task Build_WhoseStepFails_FailsWithTheEnginesWordsAfterItsOutput()
    {
        _engine.On("GET /v1.41/images/own-sklearn:latest/json", Base)
            .On("POST /v1.41/build", """{"stream":"ERROR: No matching distribution\n"}{"errorDetail":{"message":"The command returned a non-zero code: 1"},"error":"The command returned a non-zero code: 1"}""");
        var lines = new List<string>();

        var failure = await Should.ThrowAsync<ImageBuildException>(() => BuildAsync(Spec, lines: lines));

        lines.ShouldBe(["ERROR: No matching distribution"]);
        failure.Message.ShouldBe("image 'c-m:1' cannot be built: The command returned a non-zero code: 1");
    }

    [Fact]
    public async Task Build_OnABaseThatIsNotThere_PullsIt()
    {
        _engine.On("GET /v1.41/images/other:2/json", """{"message":"No such image: other:2"}""", 404)
            .On("POST /v1.41/images/create", """{"status":"Pulling from library/other"}{"errorDetail":{"message":"manifest unknown"}}""");
        var lines = new List<string>();

        var failure = await Should.ThrowAsync<ImageBuildException>(() => BuildAsync(Spec with { Base = "other:2" }, lines: lines));

        lines.ShouldBe(["pulling other:2", "Pulling from library/other"]);
        failure.Message.ShouldBe("image 'c-m:1' cannot be built: manifest unknown");
    }

    [Fact]
    public async Task Build_ThatIsRefused_DoesNotWaitForTheRestOfTheArtefact()
    {
        var artefact = Path.GetTempFileName();
        try
        {
            // More than a pipe and a socket hold: a writer that waited for its reader would wait for ever.
            await File.WriteAllBytesAsync(artefact, new byte[32 * 1024 * 1024], Test);
            _engine.On("GET /v1.41/images/own-sklearn:latest/json", Base).On("POST /v1.41/build", """{"message":"the disk is full"}""", 500);

            var failure = await Should.ThrowAsync<ImageBuildException>(() => BuildAsync(Spec with { ArtefactPath = artefact }));

            failure.Message.ShouldStartWith("image 'c-m:1' cannot be built: ");
        }
        finally
        {
            File.Delete(artefact);
        }
    }

    [Fact]
    public async Task Build_WithPush_PushesToItsRegistry()
    {
        _engine.On("GET /v1.41/images/own-sklearn:latest/json", Base)
            .On("POST /v1.41/build", """{"stream":"built\n"}""")
            .On("POST /v1.41/images/registry:5000/c-m/push", """{"status":"The push refers to repository"}{"errorDetail":{"message":"unauthorized"}}""");
        var lines = new List<string>();

        var failure = await Should.ThrowAsync<ImageBuildException>(() => BuildAsync(Spec with { Image = "registry:5000/c-m:1", Push = true }, lines: lines));

        lines.ShouldBe(["built", "The push refers to repository"]);
        failure.Message.ShouldBe("image 'registry:5000/c-m:1' cannot be built: unauthorized");
    }

    [Fact]
    public async Task Build_WithoutAnEngine_SaysWhereItWasLookedFor()
    {
        using var builder = new DockerImageBuilder("own-", new EngineEndpoint { SocketPath = "/nonexistent/engine.sock" }, _ => null, TimeProvider.System);

        var failure = await Should.ThrowAsync<ImageBuildException>(async () => await builder.BuildAsync(Spec, Test).ToListAsync(Test));

        failure.Message.ShouldContain("/nonexistent/engine.sock");
    }

    private async Task<List<ImageBuildProgress>> BuildAsync(ImageBuildSpec spec, Dictionary<string, string>? environment = null, List<string>? lines = null)
    {
        using var builder = new DockerImageBuilder("own-", _engine.Endpoint, name => environment?.GetValueOrDefault(name), TimeProvider.System);
        var steps = new List<ImageBuildProgress>();
        await foreach (var step in builder.BuildAsync(spec, Test))
        {
            steps.Add(step);
            lines?.Add(step.Line);
        }

        return steps;
    }
}
