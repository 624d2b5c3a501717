using System.Buffers.Binary;
using System.Text;
using Microsoft.AspNetCore.Http;
using Orchestrator.Docker.Engine;

namespace Orchestrator.Docker.Tests.Engine;

public sealed class EngineStreamTests
{
    private static readonly EngineFilters All = new EngineFilters().Label("orchestrator.state", "abc").Add("type", "container");

    private static CancellationToken Test => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Events_SplitAnywhere_AreReadOneByOne()
    {
        await using var fake = await FakeEngine.StartAsync();
        const string text = "{\"Type\":\"container\",\"Action\":\"die\",\"Actor\":{\"ID\":\"a\",\"Attributes\":{\"exitCode\":\"137\",\"name\":\"\u00e4{\\\"\"}},\"timeNano\":12}\n{\"Type\":\"container\",\"Action\":\"oom\"}\r\n\n{\"Action\":\"destroy\"}";
        fake.On("GET /v1.41/events", async context =>
        {
            // Byte by byte: no read of the client may depend on where a message ends.
            foreach (var piece in Encoding.UTF8.GetBytes(text))
            {
                await context.Response.Body.WriteAsync(new[] { piece }, Test);
                await context.Response.Body.FlushAsync(Test);
            }
        });
        using var engine = new EngineClient(fake.Endpoint, TimeProvider.System);
        using var subscription = await engine.System.SubscribeAsync(All, DateTimeOffset.FromUnixTimeSeconds(17), Test);
        var events = await subscription.ReadAsync(Test).ToListAsync(Test);
        events.Select(e => e.Action).ShouldBe(["die", "oom", "destroy"]);
        events[0].Actor!.Attributes!["exitCode"].ShouldBe("137");
        events[0].Actor!.Attributes!["name"].ShouldBe("\u00e4{\"");
        events[0].TimeNano.ShouldBe(12);
        Uri.UnescapeDataString(fake.Calls[^1]).ShouldBe("""GET /v1.41/events?filters={"label":["orchestrator.state=abc"],"type":["container"]}&since=17""");
    }

    [Fact]
    public async Task Events_EngineEnds_IsUnreachable()
    {
        await using var fake = await FakeEngine.StartAsync();
        var read = new TaskCompletionSource();
        fake.On("GET /v1.41/events", async context =>
        {
            await context.Response.WriteAsync("{\"Action\":\"die\"}\n", Test);
            await context.Response.Body.FlushAsync(Test);
            await read.Task;
            context.Abort();
        });
        using var engine = new EngineClient(fake.Endpoint, TimeProvider.System);
        using var subscription = await engine.System.SubscribeAsync(All, null, Test);
        await using var events = subscription.ReadAsync(Test).GetAsyncEnumerator(Test);
        (await events.MoveNextAsync()).ShouldBeTrue();
        read.SetResult();
        await Should.ThrowAsync<EngineUnreachableException>(() => events.MoveNextAsync().AsTask());
    }

    [Fact]
    public async Task Logs_Frames_AreTakenApart()
    {
        await using var fake = await FakeEngine.StartAsync();
        fake.On("GET /v1.41/containers/abc/logs", async context =>
        {
            byte[] all = [.. Frame(1, "out\n"), .. Frame(2, ""), .. Frame(2, new string('e', 40_000))];
            foreach (var piece in all.Chunk(7))
            {
                await context.Response.Body.WriteAsync(piece, Test);
            }
        });
        using var engine = new EngineClient(fake.Endpoint, TimeProvider.System);
        var frames = new List<(LogStream, string)>();
        await foreach (var frame in engine.Containers.ReadLogsAsync("abc", 5, follow: false, Test))
        {
            frames.Add((frame.Stream, Encoding.UTF8.GetString(frame.Bytes.Span)));
        }

        frames.ShouldBe([(LogStream.Output, "out\n"), (LogStream.Error, ""), (LogStream.Error, new string('e', 40_000))]);
        fake.Calls[^1].ShouldBe("GET /v1.41/containers/abc/logs?stdout=1&stderr=1&tail=5");
    }

    [Fact]
    public async Task Logs_BrokenOffInsideAFrame_IsUnreachable()
    {
        await using var fake = await FakeEngine.StartAsync();
        fake.On("GET /v1.41/containers/abc/logs", context => context.Response.Body.WriteAsync(Frame(1, "hello").AsMemory(0, 10), Test).AsTask());
        using var engine = new EngineClient(fake.Endpoint, TimeProvider.System);
        await Should.ThrowAsync<EngineUnreachableException>(async () => await engine.Containers.ReadLogsAsync("abc", 5, follow: false, Test).ToListAsync(Test));
    }

    [Fact]
    public async Task Pull_ErrorInsideTheStream_IsThrownWithTheEnginesWords()
    {
        await using var fake = await FakeEngine.StartAsync();
        string? login = null;
        fake.On("POST /v1.41/images/create", async context =>
        {
            login = context.Request.Headers["X-Registry-Auth"];
            await context.Response.WriteAsync("{\"status\":\"Pulling from team/model\",\"id\":\"1\"}\r\n", Test);
            await context.Response.WriteAsync("{\"status\":\"Downloading\",\"progressDetail\":{\"current\":5,\"total\":10},\"progress\":\"[=> ]\",\"id\":\"a1\"}\r\n", Test);
            await context.Response.WriteAsync("{\"errorDetail\":{\"message\":\"manifest unknown\"},\"error\":\"manifest unknown\"}\r\n", Test);
        });
        using var engine = new EngineClient(fake.Endpoint, TimeProvider.System);
        var seen = new List<ProgressMessage>();
        var error = await Should.ThrowAsync<EngineException>(async () =>
        {
            await foreach (var message in engine.Images.PullAsync(ImageReference.Parse("registry:5000/team/model:1"), "bG9naW4=", Test))
            {
                seen.Add(message);
            }
        });
        error.EngineMessage.ShouldBe("manifest unknown");
        error.Status.ShouldBeNull();
        seen.Select(s => s.Status).ShouldBe(["Pulling from team/model", "Downloading"]);
        (seen[1].Detail!.Current, seen[1].Detail!.Total).ShouldBe((5, 10));
        login.ShouldBe("bG9naW4=");
        Uri.UnescapeDataString(fake.Calls[^1]).ShouldBe("POST /v1.41/images/create?fromImage=registry:5000/team/model&tag=1");
    }

    [Fact]
    public async Task Pull_RegistryFallsSilent_IsGivenUp()
    {
        await using var fake = await FakeEngine.StartAsync();
        fake.On("POST /v1.41/images/create", async context =>
        {
            await context.Response.WriteAsync("{\"status\":\"Waiting\"}\r\n", Test);
            await context.Response.Body.FlushAsync(Test);
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, context.RequestAborted).ContinueWith(_ => { }, TaskScheduler.Default);
        });
        var time = new ManualTime();
        using var engine = new EngineClient(fake.Endpoint, time);
        await using var pull = engine.Images.PullAsync(ImageReference.Parse("model"), null, Test).GetAsyncEnumerator(Test);
        (await pull.MoveNextAsync()).ShouldBeTrue();
        var next = pull.MoveNextAsync().AsTask();
        time.Advance(ImageOperations.Silence);
        (await Should.ThrowAsync<EngineUnreachableException>(() => next)).Message.ShouldContain("said nothing for 5 min");
    }

    [Fact]
    public async Task Build_Options_ReachTheEngine()
    {
        await using var fake = await FakeEngine.StartAsync();
        byte[] sent = [];
        fake.On("POST /v1.41/build", async context =>
        {
            using var body = new MemoryStream();
            await context.Request.Body.CopyToAsync(body, Test);
            sent = body.ToArray();
            await context.Response.WriteAsync("{\"stream\":\"Step 1/1 : FROM scratch\\n\"}\n{\"aux\":{\"ID\":\"sha256:12\"}}\n", Test);
        });
        using var engine = new EngineClient(fake.Endpoint, TimeProvider.System);
        var build = new ImageBuild { Tag = "model:1", NetworkMode = "host", Arguments = new Dictionary<string, string> { ["BASE"] = "debian" } };
        var messages = await engine.Images.BuildAsync(new MemoryStream([1, 2, 3]), build, Test).ToListAsync(Test);
        messages[^1].Result!.ID.ShouldBe("sha256:12");
        sent.ShouldBe([1, 2, 3]);
        Uri.UnescapeDataString(fake.Calls[^1]).ShouldBe("""POST /v1.41/build?t=model:1&dockerfile=Dockerfile&networkmode=host&rm=1&forcerm=1&buildargs={"BASE":"debian"}""");
    }

    private static byte[] Frame(byte stream, string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        var frame = new byte[8 + bytes.Length];
        frame[0] = stream;
        BinaryPrimitives.WriteInt32BigEndian(frame.AsSpan(4), bytes.Length);
        bytes.CopyTo(frame, 8);
        return frame;
    }
}
