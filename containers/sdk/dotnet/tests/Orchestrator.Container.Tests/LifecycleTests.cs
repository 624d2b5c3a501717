using System.Net;
using System.Net.Sockets;

namespace Orchestrator.Container.Tests;

public sealed class LifecycleTests
{
    [Fact]
    public async Task Drain_WhileABatchComputes_FinishesItAndRefusesTheRest()
    {
        await using var container = await TestContainer.StartAsync();
        container.Gate.Holds = true;
        var running = container.InferAsync(TestContainer.Rows(21));
        await container.Gate.EnteredAsync();

        var drain = container.Running.DrainAsync();
        (await HealthTests.GetAsync(container, "/v2/health/ready")).Status.ShouldBe(503);
        (await HealthTests.GetAsync(container, "/v2/health/live")).Status.ShouldBe(200);
        (await container.InferAsync(TestContainer.Rows(1))).StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);
        (await HealthTests.GetAsync(container, "/lines")).Status.ShouldBe(503);
        drain.IsCompleted.ShouldBeFalse();

        container.Gate.Gate.Set();
        (await (await running).Content.ReadAsStringAsync(TestContainer.Token)).ShouldContain("42");
        (await drain.WaitAsync(GateModel.Patience, TestContainer.Token)).ShouldBeTrue();
        await Should.ThrowAsync<HttpRequestException>(() => container.InferAsync(TestContainer.Rows(1)));
    }

    [Fact]
    public async Task Drain_BatchThatNeverEnds_IsGivenUpAtTheLimit()
    {
        var time = new FakeTime();
        await using var container = await TestContainer.StartAsync(new ContainerSettings { Drain = TimeSpan.FromSeconds(3) }, time: time);
        container.Gate.Holds = true;
        var running = container.InferAsync(TestContainer.Rows(1));
        await container.Gate.EnteredAsync();

        var drain = container.Running.DrainAsync();
        time.Advance(TimeSpan.FromSeconds(2.9));
        drain.IsCompleted.ShouldBeFalse();
        time.Advance(TimeSpan.FromSeconds(0.2));

        (await drain.WaitAsync(GateModel.Patience, TestContainer.Token)).ShouldBeFalse();
        container.Gate.Gate.Set();
        await running;
    }

    [Fact]
    public async Task Dispose_AfterTheDrain_DisposesTheModel()
    {
        var container = await TestContainer.StartAsync();
        (await container.Running.DrainAsync().WaitAsync(GateModel.Patience, TestContainer.Token)).ShouldBeTrue();

        await container.DisposeAsync();

        container.Gate.Disposed.ShouldBeTrue();
    }

    [Fact]
    public async Task Stream_OfTheAuthor_ArrivesLineByLine()
    {
        await using var container = await TestContainer.StartAsync();
        await using var stream = await container.Client.GetStreamAsync(new Uri("/lines", UriKind.Relative), TestContainer.Token);
        using var reader = new StreamReader(stream);

        (await reader.ReadLineAsync(TestContainer.Token)).ShouldBe("one");
        container.Gate.StreamGate.SetResult();
        (await reader.ReadLineAsync(TestContainer.Token)).ShouldBe("two");
    }

    [Fact]
    public async Task Route_OfTheAuthorThatThrows_Answers500AndLogs()
    {
        await using var container = await TestContainer.StartAsync();

        var (status, body) = await HealthTests.GetAsync(container, "/broken");

        (status, body).ShouldBe((500, """{"error":"InvalidOperationException: broken route"}"""));
        container.Log.ShouldContain("error: GET /broken failed");
    }

    [Fact]
    public async Task Socket_Given_IsListenedOnAndRemovedAtTheEnd()
    {
        using var folder = new TemporaryFolder();
        var settings = new ContainerSettings { Socket = folder.File("c.sock") };

        await using (var container = await TestContainer.StartAsync(settings))
        {
            (await container.InferAsync(TestContainer.Rows(1))).StatusCode.ShouldBe(HttpStatusCode.OK);
            await container.Running.DrainAsync();
        }

        File.Exists(settings.Socket).ShouldBeFalse();
    }

    [Fact]
    public async Task Socket_LeftOverByAKilledProcess_IsReplaced()
    {
        using var folder = new TemporaryFolder();
        var settings = new ContainerSettings { Socket = folder.File("c.sock") };
        LeaveSocketFile(settings.Socket);
        File.Exists(settings.Socket).ShouldBeTrue();

        await using var container = await TestContainer.StartAsync(settings);

        (await HealthTests.GetAsync(container, "/v2/health/live")).Status.ShouldBe(200);
    }

    [Fact]
    public async Task Address_OfAnotherProcess_IsAConfigurationError()
    {
        using var folder = new TemporaryFolder();
        var socket = new ContainerSettings { Socket = folder.File("c.sock") };
        await using var first = await TestContainer.StartAsync(socket);
        await using var second = await TestContainer.StartAsync();
        var port = new ContainerSettings { Port = new Uri(second.Running.Address).Port };
        var definition = new ContainerDefinition { Name = "late", Create = _ => new GateModel() };

        (await Should.ThrowAsync<ConfigurationException>(() => RunningContainer.StartAsync(definition, socket, TextWriter.Null, TimeProvider.System)))
            .Message.ShouldContain($"cannot listen on {socket.Socket}");
        (await Should.ThrowAsync<ConfigurationException>(() => RunningContainer.StartAsync(definition, port, TextWriter.Null, TimeProvider.System)))
            .Message.ShouldContain($"cannot listen on 127.0.0.1:{port.Port}");
    }

    [Fact]
    public async Task RunAsync_SignatureThatCannotBeServed_EndsFatallyWithCode3()
    {
        var log = new StringWriter();
        var model = new GateModel { Signature = new GateModel().Signature with { OptionalInputs = ["nope"] } };

        var code = await ContainerHost.RunAsync(new ContainerDefinition { Name = "c", Create = _ => model }, [], name => name == "ORCHESTRATOR_PORT" ? "0" : null, log, TimeProvider.System);

        code.ShouldBe(3);
        log.ToString().Split('\n')[^2].ShouldBe("FATAL: InvalidOperationException: optional input 'nope' is no input of the signature; expected one of 'x', 't'");
    }

    [Fact]
    public async Task RunAsync_WrongVariables_EndsFatallyWithCode2AndAllOfThem()
    {
        var log = new StringWriter();

        var code = await ContainerHost.RunAsync(new ContainerDefinition { Name = "c", Create = _ => new GateModel() }, [], name => name is "ORCHESTRATOR_PORT" or "ORCHESTRATOR_THREADS" ? "x" : null, log, TimeProvider.System);

        code.ShouldBe(2);
        log.ToString().ShouldBe("FATAL: ORCHESTRATOR_PORT is 'x', expected a whole number from 0 to 65535; ORCHESTRATOR_THREADS is 'x', expected a whole number from 1 to 1024\n");
    }

    /// <summary>A bound socket whose descriptor is closed by the kernel alone: .NET's own clean-up would delete the file.</summary>
    private static void LeaveSocketFile(string path)
    {
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        var moved = path + ".bound";
        socket.Bind(new UnixDomainSocketEndPoint(moved));
        File.Move(moved, path);
    }
}
