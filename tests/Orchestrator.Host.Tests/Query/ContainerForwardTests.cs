using System.Net;
using System.Text;
using Orchestrator.Core.Serving;
using Orchestrator.Host.Tests.Rig;

namespace Orchestrator.Host.Tests.Query;

public sealed class ContainerForwardTests : IAsyncLifetime
{
    private HostRig _rig = null!;

    public async ValueTask InitializeAsync() => _rig = await HostRig.StartAsync();

    public ValueTask DisposeAsync() => _rig.DisposeAsync();

    [Theory]
    [InlineData("GET", "/containers/sum/1/echo/a/b?x=1&y=%2F", "", "GET /echo/a/b?x=1&y=%2F ")]
    [InlineData("POST", "/containers/sum/current/echo/a%20b", "body", "POST /echo/a%20b body")]
    [InlineData("DELETE", "/containers/sum/current/echo/", "", "DELETE /echo/ ")]
    public async Task Forward_AnyVerb_ReachesContainerWithoutPrefix(string verb, string path, string body, string expected)
    {
        await ServeAsync(await _rig.AddContainerAsync());

        var answer = await _rig.Query.SendAsync(new HttpMethod(verb), path, Encoding.UTF8.GetBytes(body));

        answer.Status.ShouldBe(200, answer.Text);
        answer.Text.ShouldBe(expected);
        answer.Message.Headers.GetValues("X-Echo").ShouldBe(["yes"]);
    }

    [Theory]
    [InlineData(404)]
    [InlineData(500)]
    [InlineData(204)]
    public async Task Forward_ContainersStatus_IsPassedOnUntouched(int status)
    {
        await ServeAsync(await _rig.AddContainerAsync());

        var answer = await _rig.Query.ReadAsync($"/containers/sum/1/echo/?status={status}");

        answer.Status.ShouldBe(status);
        answer.Text.ShouldNotContain("cause");
    }

    [Fact]
    public async Task Forward_ContainersOwn404And405_ArePassedOnUntouched()
    {
        await ServeAsync(await _rig.AddContainerAsync());

        (await _rig.Query.ReadAsync("/containers/sum/1/nothing")).Text.ShouldBe("");
        (await _rig.Query.ReadAsync("/containers/sum/1/v2/models/sum/infer")).Status.ShouldBe(405);
    }

    [Fact]
    public async Task Forward_Stream_ArrivesPieceByPiece()
    {
        await ServeAsync(await _rig.AddContainerAsync());

        using var response = await _rig.Query.GetAsync(new Uri("/containers/sum/1/stream", UriKind.Relative), HttpCompletionOption.ResponseHeadersRead, TestContext.Current.CancellationToken);
        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync(TestContext.Current.CancellationToken));

        // The upstream writes for 10 s: three lines at once are only there if nobody collects them.
        (await reader.ReadLineAsync(TestContext.Current.CancellationToken)).ShouldBe("line 0");
        (await reader.ReadLineAsync(TestContext.Current.CancellationToken)).ShouldBe("line 1");
        (await reader.ReadLineAsync(TestContext.Current.CancellationToken)).ShouldBe("line 2");
    }

    [Fact]
    public async Task Forward_StreamWhileReplicasSwap_GoesOnAndNewCallsGoToTheNewReplica()
    {
        await ServeAsync(await _rig.AddContainerAsync("old"));
        using var response = await _rig.Query.GetAsync(new Uri("/containers/sum/1/stream", UriKind.Relative), HttpCompletionOption.ResponseHeadersRead, TestContext.Current.CancellationToken);
        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync(TestContext.Current.CancellationToken));
        (await reader.ReadLineAsync(TestContext.Current.CancellationToken)).ShouldBe("line 0");

        await ServeAsync(await _rig.AddContainerAsync("new"));

        (await _rig.Query.ReadAsync("/containers/sum/1/who")).Text.ShouldBe("new");
        for (var i = 1; i < 20; i++)
        {
            (await reader.ReadLineAsync(TestContext.Current.CancellationToken)).ShouldBe($"line {i}");
        }
    }

    [Fact]
    public async Task Forward_UnixSocket_IsConnected()
    {
        var folder = Directory.CreateTempSubdirectory("sock-").FullName;
        await ServeAsync(await _rig.AddContainerAsync("socket", Path.Combine(folder, "c.sock")));

        (await _rig.Query.ReadAsync("/containers/sum/current/who")).Text.ShouldBe("socket");
        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public async Task Forward_ReplicaIsGone_Is502InJsonThenAnotherReplicaAnswers()
    {
        var (dead, alive) = (await FakeContainer.StartAsync("dead"), await _rig.AddContainerAsync("alive"));
        await ServeAsync(dead, alive);
        await dead.DisposeAsync();

        var answers = new List<Answer>();
        for (var i = 0; i < 8; i++)
        {
            answers.Add(await _rig.Query.ReadAsync("/containers/sum/1/who"));
        }

        // The first call that cannot connect takes the replica out; all others find the healthy one.
        answers.Count(a => a.Status == 200 && a.Text == "alive").ShouldBeGreaterThanOrEqualTo(7);
        answers.Where(a => a.Status != 200).ShouldAllBe(a => a.Status == 502 && a.Json.GetProperty("error").GetString() == "Unavailable");
    }

    [Theory]
    [InlineData("/containers/nope/1/x", 404)]
    [InlineData("/containers/sum/9/x", 404)]
    [InlineData("/containers/absent/1/x", 503)]
    [InlineData("/containers/absent/current/x", 503)]
    public async Task Forward_NobodyThere_SaysSo(string path, int status)
    {
        var container = await _rig.AddContainerAsync();
        await _rig.PublishAsync(
            [
                new ServedModel { Name = "sum", ServingVersion = "1", Versions = [FakeModels.Served("sum", "1", container)] },
                new ServedModel { Name = "absent", ServingVersion = "1", Versions = [FakeModels.Served("absent", "1")] },
            ],
            []);

        var answer = await _rig.Query.ReadAsync(path);

        answer.Status.ShouldBe(status, answer.Text);
        answer.Json.GetProperty("cause").GetString().ShouldNotBeNullOrEmpty();
    }

    [Fact]
    public async Task Forward_BeforeAnySnapshot_Is404AndServerIsNotReady()
    {
        (await _rig.Query.ReadAsync("/containers/sum/1/x")).Status.ShouldBe(404);
        (await _rig.Query.ReadAsync("/v2/health/ready")).Text.ShouldBe("""{"ready":false}""");
        (await _rig.Query.ReadAsync("/v2/health/live")).Status.ShouldBe((int)HttpStatusCode.OK);
    }

    private Task ServeAsync(params FakeContainer[] containers) =>
        _rig.PublishAsync([new ServedModel { Name = "sum", ServingVersion = "1", Versions = [FakeModels.Served("sum", "1", containers)] }], []);
}
