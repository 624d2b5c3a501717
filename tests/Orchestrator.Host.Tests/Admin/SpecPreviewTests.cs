using System.Net;
using Orchestrator.Host.Tests.Rig;

namespace Orchestrator.Host.Tests.Admin;

public sealed class SpecPreviewTests : IAsyncLifetime
{
    private HostRig _rig = null!;

    public async ValueTask InitializeAsync() => _rig = await HostRig.StartAsync();

    public ValueTask DisposeAsync() => _rig.DisposeAsync();

    [Fact]
    public async Task Preview_WithWhatWillBeUploaded_TellsControlEveryDigest()
    {
        using var request = new HttpRequestMessage(HttpMethod.Put, "/api/v1/spec?dryRun=true") { Content = new StringContent("{}") };
        request.Headers.Add("Orchestrator-Will-Upload", ["sha256:a, sha256:b", "sha256:c"]);

        using var answer = await _rig.Admin.SendAsync(request, TestContext.Current.CancellationToken);

        answer.StatusCode.ShouldBe(HttpStatusCode.OK);
        _rig.Control.Calls.ShouldBe(["preview default 0 Whole [sha256:a sha256:b sha256:c]"]);
    }

    [Fact]
    public async Task Preview_WithAThousandDigests_TellsControlEveryOne()
    {
        var digests = Enumerable.Range(0, 1000).Select(i => $"sha256:{i:x64}").ToList();
        using var request = new HttpRequestMessage(HttpMethod.Put, "/api/v1/spec?dryRun=true") { Content = new StringContent("{}") };
        request.Headers.Add("Orchestrator-Will-Upload", string.Join(", ", digests));

        using var answer = await _rig.Admin.SendAsync(request, TestContext.Current.CancellationToken);

        answer.StatusCode.ShouldBe(HttpStatusCode.OK);
        _rig.Control.Calls.ShouldBe([$"preview default 0 Whole [{string.Join(' ', digests)}]"]);
    }
}
