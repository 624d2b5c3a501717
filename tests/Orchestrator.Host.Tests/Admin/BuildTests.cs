using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Orchestrator.Core.Artefacts;
using Orchestrator.Core.Images;
using Orchestrator.Host.Tests.Rig;

namespace Orchestrator.Host.Tests.Admin;

public sealed class BuildTests : IAsyncLifetime
{
    private HostRig _rig = null!;

    private FakeImageBuilder Builder => (FakeImageBuilder)_rig.Services.GetRequiredService<IImageBuilder>();

    public async ValueTask InitializeAsync() => _rig = await HostRig.StartAsync();

    public ValueTask DisposeAsync() => _rig.DisposeAsync();

    [Fact]
    public async Task Build_OfAStoredArtefact_StreamsLinesAndEndsWithTheImage()
    {
        var store = _rig.Services.GetRequiredService<IArtefactStore>();
        using var content = new MemoryStream([1, 2]);
        var digest = await store.PutFileAsync("model.bin", content, TestContext.Current.CancellationToken);

        var answer = await BuildAsync($$"""{"version":"3","framework":"noop","digest":"{{digest}}","registry":"r:5000","push":true}""");

        answer.ShouldBe((200, """
            {"line":"Step 1/1"}
            {"built":{"image":"r:5000/test-digits:3","id":"sha256:ab","bytes":12}}

            """.ReplaceLineEndings("\n")));
        var asked = Builder.Asked.Single();
        asked.ArtefactPath.ShouldBe(store.FindPath(digest));
        asked.Push.ShouldBeTrue();
        asked.Labels["org.opencontainers.image.version"].ShouldBe("3");
        asked.Labels["orchestrator.artefact"].ShouldBe(digest);
    }

    [Fact]
    public async Task Build_ThatFails_EndsWithTheReason()
    {
        Builder.Failure = "image 'x' cannot be built: no space left";

        var (status, text) = await BuildAsync("""{"version":"3","framework":"noop"}""");

        status.ShouldBe(200);
        text.ShouldEndWith("{\"error\":\"image 'x' cannot be built: no space left\"}\n".Replace("'", "\\u0027", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("""{"version":"3","framework":"nop"}""", "framework: unknown framework")]
    [InlineData("""{"version":"3","framework":"custom"}""", "base: is missing")]
    [InlineData("""{"version":"3","framework":"noop","requirements":"numpy"}""", "requirements: framework noop does not run on Python")]
    [InlineData("""{"version":"3","framework":"noop","digest":"sha256:00"}""", "digest: the store has no artefact")]
    [InlineData("""{"version":"3 4","framework":"noop"}""", "cannot be an image")]
    [InlineData("""{"version":"3","framework":"noop","registry":"R"}""", "registry: expected a host")]
    [InlineData("""{"version":"3","framework":"noop","tag":"x"}""", "The body is not what is expected here")]
    public async Task Build_WithAMistake_IsRefusedBeforeItBegins(string body, string expected)
    {
        var (status, text) = await BuildAsync(body);

        status.ShouldBe(400);
        text.ShouldContain(expected.Replace("'", "\\u0027", StringComparison.Ordinal));
        Builder.Asked.ShouldBeEmpty();
    }

    private async Task<(int Status, string Text)> BuildAsync(string body)
    {
        var answer = await _rig.Admin.SendAsync(HttpMethod.Post, "/api/v1/models/digits/build", Encoding.UTF8.GetBytes(body));
        return (answer.Status, answer.Text);
    }
}
