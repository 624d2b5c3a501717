using System.Net;
using Orchestrator.Docker.Engine;

namespace Orchestrator.Docker.Tests.Engine;

public sealed class EngineTransportTests
{
    private static CancellationToken Test => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("1.41", "1.12", "1.41")]
    [InlineData("1.47", "1.24", "1.47")]
    [InlineData("1.52", "1.44", "1.52")]
    [InlineData("1.60", "1.44", "1.52")]
    [InlineData("1.52", null, "1.52")]
    public async Task Version_EngineSaysWhatItSpeaks_NewestOfBothIsSpoken(string newest, string? oldest, string spoken)
    {
        await using var fake = await FakeEngine.StartAsync();
        fake.Version = oldest is null ? $$"""{"ApiVersion":"{{newest}}"}""" : $$"""{"ApiVersion":"{{newest}}","MinAPIVersion":"{{oldest}}"}""";
        fake.On($"GET /v{spoken}/info", """{"OperatingSystem":"Debian"}""");
        using var engine = new EngineClient(fake.Endpoint, TimeProvider.System);
        (await engine.System.GetInfoAsync(Test)).OperatingSystem.ShouldBe("Debian");
        (await engine.System.GetInfoAsync(Test)).OperatingSystem.ShouldBe("Debian");
        fake.Calls.ShouldBe(["GET /version", $"GET /v{spoken}/info", $"GET /v{spoken}/info"]);
    }

    [Theory]
    [InlineData("1.40", "1.12", "1.41")]
    [InlineData("2.3", "2.0", "2.0")]
    public async Task Version_NothingInCommon_IsRefusedWithBothVersions(string newest, string oldest, string named)
    {
        await using var fake = await FakeEngine.StartAsync();
        fake.Version = $$"""{"ApiVersion":"{{newest}}","MinAPIVersion":"{{oldest}}"}""";
        using var engine = new EngineClient(fake.Endpoint, TimeProvider.System);
        (await Should.ThrowAsync<EngineException>(() => engine.System.GetInfoAsync(Test))).Message.ShouldContain(named);
    }

    [Fact]
    public async Task Call_EngineRefuses_KeepsStatusAndWords()
    {
        await using var fake = await FakeEngine.StartAsync();
        fake.On("GET /v1.41/containers/abc/json", """{"message":"No such container: abc"}""", 404);
        using var engine = new EngineClient(fake.Endpoint, TimeProvider.System);
        var error = await Should.ThrowAsync<EngineException>(() => engine.Containers.InspectAsync("abc", Test));
        error.Status.ShouldBe(HttpStatusCode.NotFound);
        error.EngineMessage.ShouldBe("No such container: abc");
        error.Message.ShouldBe("No such container: abc (GET /containers/abc/json: 404)");
        error.IsNotFound.ShouldBeTrue();
    }

    [Fact]
    public async Task Call_ErrorIsNoJson_ItsTextIsKept()
    {
        await using var fake = await FakeEngine.StartAsync();
        fake.On("GET /v1.41/info", "page not found\n", 500);
        using var engine = new EngineClient(fake.Endpoint, TimeProvider.System);
        (await Should.ThrowAsync<EngineException>(() => engine.System.GetInfoAsync(Test))).EngineMessage.ShouldBe("page not found");
    }

    [Fact]
    public async Task Call_NobodyListens_IsUnreachableAndSaysWhere()
    {
        using var engine = new EngineClient(new EngineEndpoint { SocketPath = "/nowhere/docker.sock" }, TimeProvider.System);
        (await Should.ThrowAsync<EngineUnreachableException>(() => engine.System.GetInfoAsync(Test))).Message.ShouldBe("engine unreachable at unix:///nowhere/docker.sock: there is no such socket (does the engine run?)");
    }

    [Fact]
    public async Task Call_EngineHangs_IsUnreachableAfterItsTime()
    {
        await using var fake = await FakeEngine.StartAsync();
        var asked = new TaskCompletionSource();
        fake.On("GET /v1.41/info", async context =>
        {
            asked.SetResult();
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, context.RequestAborted).ContinueWith(_ => { }, TaskScheduler.Default);
        });
        var time = new ManualTime();
        using var engine = new EngineClient(fake.Endpoint, time);
        await engine.VersionAsync(Test);
        var call = engine.System.GetInfoAsync(Test);
        await asked.Task;
        time.Advance(EngineTransport.Patience);
        (await Should.ThrowAsync<EngineUnreachableException>(() => call)).Message.ShouldContain("no answer within 30 s (GET /info)");
    }

    [Fact]
    public async Task Call_CallerGivesUp_IsCancelledNotUnreachable()
    {
        await using var fake = await FakeEngine.StartAsync();
        using var cancelled = new CancellationTokenSource();
        fake.On("GET /v1.41/info", _ => cancelled.CancelAsync());
        using var engine = new EngineClient(fake.Endpoint, TimeProvider.System);
        await engine.VersionAsync(Test);
        await cancelled.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(() => engine.System.GetInfoAsync(cancelled.Token));
    }

    [Fact]
    public async Task Stop_EndedAlready_IsFine()
    {
        await using var fake = await FakeEngine.StartAsync();
        fake.On("POST /v1.41/containers/abc/stop", "", 304);
        using var engine = new EngineClient(fake.Endpoint, TimeProvider.System);
        await engine.Containers.StopAsync("abc", TimeSpan.FromSeconds(2.5), Test);
        fake.Calls[^1].ShouldBe("POST /v1.41/containers/abc/stop?t=3");
    }
}
