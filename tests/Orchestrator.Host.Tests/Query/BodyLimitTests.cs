using System.Net.Sockets;
using System.Text;
using Orchestrator.Host.Tests.Rig;

namespace Orchestrator.Host.Tests.Query;

public sealed class BodyLimitTests : IAsyncLifetime
{
    private HostRig _rig = null!;

    public async ValueTask InitializeAsync() => _rig = await HostRig.StartWithModelsAsync(o => o.MaxBodyBytes = 4096);

    public ValueTask DisposeAsync() => _rig.DisposeAsync();

    [Theory]
    [InlineData("/sum/predict", false)]
    [InlineData("/sum/predict", true)]
    [InlineData("/v2/models/sum/infer", false)]
    [InlineData("/v2/models/sum/infer", true)]
    public async Task Post_MoreThanLimit_Is413InJson(string path, bool chunked)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = new ByteArrayContent(Encoding.ASCII.GetBytes(new string(' ', 5000))) };
        request.Headers.TransferEncodingChunked = chunked;

        var response = await _rig.Query.SendAsync(request, TestContext.Current.CancellationToken);

        ((int)response.StatusCode).ShouldBe(413);
        (await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken)).ShouldContain("limit of this server");
    }

    [Fact]
    public async Task Post_ClaimsGigabytes_IsAnsweredWithoutThem()
    {
        using var client = new TcpClient();
        await client.ConnectAsync(_rig.Query.BaseAddress!.Host, _rig.Query.BaseAddress.Port, TestContext.Current.CancellationToken);
        await client.GetStream().WriteAsync("POST /sum/predict HTTP/1.1\r\nHost: x\r\nContent-Length: 9999999999\r\n\r\n{"u8.ToArray(), TestContext.Current.CancellationToken);
        using var reader = new StreamReader(client.GetStream());

        (await reader.ReadLineAsync(TestContext.Current.CancellationToken)).ShouldBe("HTTP/1.1 413 Payload Too Large");
    }

    [Fact]
    public async Task Post_LargeBodyToContainer_IsNotLimited()
    {
        var answer = await _rig.Query.SendAsync(HttpMethod.Post, "/containers/sum/current/echo/x", new byte[100_000]);

        answer.Status.ShouldBe(200);
        answer.Text.Length.ShouldBeGreaterThan(100_000);
    }
}
