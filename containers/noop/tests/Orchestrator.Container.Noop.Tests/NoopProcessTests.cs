using System.Net;
using System.Text.Json.Nodes;
using Orchestrator.Container.Tests;

namespace Orchestrator.Container.Noop.Tests;

/// <summary>The program from outside: exit codes, signals, faults on demand.</summary>
public sealed class NoopProcessTests
{
    private const string Program = "orchestrator-noop.dll";

    [Fact]
    public async Task Infer_Rows_AnswersSumsAndTheBatchSize()
    {
        await using var container = await ContainerProcess.StartReadyAsync(Program, "{}");

        var outputs = (await ContainerProcess.JsonAsync(await container.InferAsync(1, 2.5, 3)))["outputs"]!;

        JsonNode.DeepEquals(outputs[0]!["data"], new JsonArray(1, 2.5, 3)).ShouldBeTrue(outputs.ToJsonString());
        JsonNode.DeepEquals(outputs[1]!["data"], new JsonArray(3, 3, 3)).ShouldBeTrue(outputs.ToJsonString());
    }

    [Fact]
    public async Task Start_RefuseLoad_IsFatalWithCode3()
    {
        await using var container = ContainerProcess.Start(Program, """{"refuseLoad":true}""");

        await container.WaitForLogAsync("FATAL: option refuseLoad is true");
        (await container.ExitCodeAsync()).ShouldBe(3);
    }

    [Theory]
    [InlineData("""{"baseMS":1}""", "unknown option 'baseMS'")]
    [InlineData("""{"baseMs":-1}""", "option 'baseMs' is -1, expected a number from 0 to")]
    [InlineData("nonsense", "expected a JSON object")]
    public async Task Start_WrongOption_IsFatalWithCode2(string options, string expected)
    {
        await using var container = ContainerProcess.Start(Program, options);

        (await container.WaitForLogAsync("FATAL: ")).ShouldContain(expected);
        (await container.ExitCodeAsync()).ShouldBe(2);
    }

    [Fact]
    public async Task Start_SlowLoad_IsLiveAndNotReadyMeanwhileAndEndsOnASignal()
    {
        await using var container = ContainerProcess.Start(Program, """{"loadMs":3600000}""");
        await container.WaitForListeningAsync();

        (await StatusAsync(container, "/v2/health/live")).ShouldBe(HttpStatusCode.OK);
        (await StatusAsync(container, "/v2/health/ready")).ShouldBe(HttpStatusCode.ServiceUnavailable);

        container.Signal("TERM");
        (await container.ExitCodeAsync()).ShouldBe(0);
    }

    [Theory]
    [InlineData("TERM")]
    [InlineData("INT")]
    public async Task Signal_WhileABatchComputes_FinishesItThenExitsWithZero(string signal)
    {
        await using var container = await ContainerProcess.StartReadyAsync(Program, """{"baseMs":400}""");
        var running = AdmittedAsync(container, 7);
        // The first batch is computing once two more are let in and a fourth refused; the signal must then wait for all three.
        var waiting = await FillAsync(container);

        container.Signal(signal);

        (await running).StatusCode.ShouldBe(HttpStatusCode.OK);
        (await container.ExitCodeAsync()).ShouldBe(0);
        await waiting();
        await container.WaitForLogAsync($"info: SIG{signal}: draining for up to 10 s");
    }

    [Fact]
    public async Task Signal_WhileABatchHangs_EndsAtTheDrainLimitOrAtTheSecondSignal()
    {
        await using var limited = await ContainerProcess.StartReadyAsync(Program, """{"hangValue":5}""", ("ORCHESTRATOR_DRAIN_SECONDS", "0.2"));
        await using var impatient = await ContainerProcess.StartReadyAsync(Program, """{"hangValue":5}""", ("ORCHESTRATOR_DRAIN_SECONDS", "3600"));
        List<Task> hung = [AdmittedAsync(limited, 5), AdmittedAsync(impatient, 5)];
        List<Task> lost = [.. hung, (await FillAsync(limited))(), (await FillAsync(impatient))()];

        limited.Signal("TERM");
        (await limited.ExitCodeAsync()).ShouldBe(0);
        await limited.WaitForLogAsync("warning: the drain took more than 0.2 s");

        impatient.Signal("TERM");
        await impatient.WaitForLogAsync("info: SIGTERM: draining");
        impatient.Signal("TERM");
        (await impatient.ExitCodeAsync()).ShouldBe(143);
        await Should.ThrowAsync<HttpRequestException>(() => Task.WhenAll(lost));
    }

    [Fact]
    public async Task CrashValue_Sent_KillsTheProcess()
    {
        await using var container = await ContainerProcess.StartReadyAsync(Program, """{"crashValue":9}""");

        await Should.ThrowAsync<HttpRequestException>(() => container.InferAsync(1, 9));

        (await container.ExitCodeAsync()).ShouldBe(128 + 9);
    }

    [Fact]
    public async Task Faults_OnDemand_FailRowBatchAndEveryNth()
    {
        await using var container = await ContainerProcess.StartReadyAsync(Program, """{"rowErrorValue":4,"failValue":5,"failEvery":3}""");

        var rowError = await container.InferAsync(1, 4, 2);
        rowError.StatusCode.ShouldBe(HttpStatusCode.OK);
        (await ContainerProcess.JsonAsync(rowError))["parameters"]!["errors"]!.GetValue<string>().ShouldBe("""{"1":"row 1 starts with rowErrorValue 4"}""");
        (await container.InferAsync(1, 5)).StatusCode.ShouldBe(HttpStatusCode.InternalServerError);
        (await container.InferAsync(1)).StatusCode.ShouldBe(HttpStatusCode.OK);
        (await container.InferAsync(1)).StatusCode.ShouldBe(HttpStatusCode.InternalServerError);
        (await container.InferAsync(1)).StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Routes_OfItsOwn_StreamAndEcho()
    {
        await using var container = await ContainerProcess.StartReadyAsync(Program, "{}");
        using var request = new HttpRequestMessage(HttpMethod.Get, "/echo-headers");
        request.Headers.Add("x-test", "yes");

        var echo = await ContainerProcess.JsonAsync(await container.Client.SendAsync(request, TestContext.Current.CancellationToken));
        var lines = await container.Client.GetStringAsync(new Uri("/stream?n=3&gapMs=0", UriKind.Relative), TestContext.Current.CancellationToken);

        echo["x-test"]!.GetValue<string>().ShouldBe("yes");
        lines.ShouldBe("line 1\nline 2\nline 3\n");
        (await StatusAsync(container, "/stream?n=x")).ShouldBe(HttpStatusCode.BadRequest);
    }

    /// <summary>Sends a batch until a place is free: the probes of <see cref="FillAsync"/> may have come first and hold all.</summary>
    private static async Task<HttpResponseMessage> AdmittedAsync(ContainerProcess container, double value)
    {
        while (true)
        {
            var response = await container.InferAsync(value);
            if (response.StatusCode != HttpStatusCode.ServiceUnavailable)
            {
                return response;
            }
        }
    }

    /// <summary>Keeps three probes under way beside the batch of <see cref="AdmittedAsync"/>. The container has three places, so one is refused only while that batch and the other probes are inside.</summary>
    /// <returns>The other probes, not awaited.</returns>
    private static async Task<Func<Task>> FillAsync(ContainerProcess container)
    {
        List<Task<HttpResponseMessage>> probes = [container.InferAsync(1), container.InferAsync(1), container.InferAsync(1)];
        while (true)
        {
            var answered = await Task.WhenAny(probes);
            probes.Remove(answered);
            if ((await answered).StatusCode == HttpStatusCode.ServiceUnavailable)
            {
                return () => Task.WhenAll(probes);
            }

            probes.Add(container.InferAsync(1));
        }
    }

    private static async Task<HttpStatusCode> StatusAsync(ContainerProcess container, string path) =>
        (await container.Client.GetAsync(new Uri(path, UriKind.Relative), TestContext.Current.CancellationToken)).StatusCode;
}
