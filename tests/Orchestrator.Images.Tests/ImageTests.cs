using System.Net;
using Orchestrator.Conformance;

namespace Orchestrator.Images.Tests;

public sealed class ImageTests(DockerEngine engine)
{
    private const string Models = "samples/digits/models";
    private const string Artefact = "/artefact/";

    private static CancellationToken Test => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("noop", null)]
    [InlineData("sklearn", "digits-v1.joblib")]
    [InlineData("onnx", "digits.onnx")]
    [InlineData("dotnet", "digits-dotnet")]
    public async Task Container_OverAPort_KeepsTheContract(string framework, string? artefact)
    {
        await using var container = await HardenedContainer.StartAsync(engine, $"orchestrator-{framework}", ["-p", "127.0.0.1:0:8080", .. ArtefactOptions(artefact)]);

        await container.WaitUntilHealthyAsync();
        await CheckAsync(new ConformanceTarget { Url = await container.AddressAsync(8080), Model = "m" }, container);
        (await engine.InspectAsync(container.Id, "{{.Config.User}}")).ShouldStartWith("10001");
        (await container.StopAsync()).ShouldBe(0);
    }

    [Theory]
    [InlineData("noop", null)]
    [InlineData("sklearn", "digits-v1.joblib")]
    [InlineData("onnx", "digits.onnx")]
    [InlineData("dotnet", "digits-dotnet")]
    public async Task Container_OverASocketInABindMount_KeepsTheContract(string framework, string? artefact)
    {
        var folder = Directory.CreateTempSubdirectory("oi-");
        try
        {
            // The container is another user than we are.
            (await Shell.RunAsync(TimeSpan.FromMinutes(1), engine.Environment, "chmod", "777", folder.FullName)).ShouldSucceed();
            await using var container = await HardenedContainer.StartAsync(
                engine, $"orchestrator-{framework}", ["-v", $"{folder.FullName}:/run/orchestrator", "-e", "ORCHESTRATOR_SOCKET=/run/orchestrator/s", .. ArtefactOptions(artefact)]);

            // Its own health check goes through the socket too.
            await container.WaitUntilHealthyAsync();
            await CheckAsync(new ConformanceTarget { SocketPath = Path.Combine(folder.FullName, "s"), Model = "m" }, container);
            (await container.StopAsync()).ShouldBe(0);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Fact]
    public async Task Container_ThatIsHung_IsUnhealthy()
    {
        await using var container = await HardenedContainer.StartAsync(engine, "orchestrator-noop", "-e", "ORCHESTRATOR_MODEL=m", "--health-retries", "2");
        await container.WaitUntilHealthyAsync();

        (await engine.DockerAsync("kill", "-s", "STOP", container.Id)).ShouldSucceed();

        await Waiting.UntilAsync(TimeSpan.FromMinutes(1), async () =>
            await engine.InspectAsync(container.Id, "{{.State.Health.Status}}") is var health and not "unhealthy" ? health : null);
    }

    [Fact]
    public async Task Orchestrator_AsNobodyOnAReadOnlyRoot_IsHealthyAndHasItsCommand()
    {
        await using var container = await HardenedContainer.StartAsync(engine, "orchestrator", "-v", "/state", "-p", "127.0.0.1:0:1338");

        await container.WaitUntilHealthyAsync();

        (await engine.DockerAsync("exec", container.Id, "orch", "status")).ShouldSucceed().Output.ShouldContain("everything is as wanted");
        using var http = new HttpClient();
        (await http.GetAsync(new Uri(await container.AddressAsync(1338), "readyz"), Test)).StatusCode.ShouldBe(HttpStatusCode.OK);
        (await container.LogAsync()).ShouldNotContain("warn:");
        (await engine.InspectAsync(container.Id, "{{.Config.User}}")).ShouldStartWith("10001");
        (await container.StopAsync()).ShouldBe(0);
    }

    private static IEnumerable<string> ArtefactOptions(string? artefact) => artefact is null
        ? ["-e", "ORCHESTRATOR_MODEL=m"]
        : ["-e", "ORCHESTRATOR_MODEL=m", "-v", $"{Path.Combine(Shell.Root, Models, artefact)}:{Artefact}{artefact}:ro", "-e", $"ORCHESTRATOR_ARTEFACT={Artefact}{artefact}"];

    private static async Task CheckAsync(ConformanceTarget target, HardenedContainer container)
    {
        // Live is not ready: the suite wants a container that is.
        using var http = target.SocketPath is null ? new HttpClient { BaseAddress = target.Url } : SocketClient(target.SocketPath);
        await Waiting.UntilAsync(TimeSpan.FromMinutes(1), async () =>
            await http.GetAsync(new Uri("/v2/health/ready", UriKind.Relative), Test) is { StatusCode: not HttpStatusCode.OK } ? $"not ready: {await container.LogAsync()}" : null);

        var (passed, failed) = (0, new List<string>());
        await foreach (var check in new ConformanceSuite().RunAsync(target, Test))
        {
            passed += check.Outcome == CheckOutcome.Passed ? 1 : 0;
            if (check.Outcome == CheckOutcome.Failed)
            {
                failed.Add($"{check.Id}: {check.Detail}");
            }
        }

        failed.ShouldBeEmpty();
        passed.ShouldBeGreaterThan(30);
        (await container.LogAsync()).ShouldNotContain("telemetry");
    }

    private static HttpClient SocketClient(string path) => new(new SocketsHttpHandler
    {
        ConnectCallback = async (_, token) =>
        {
            var socket = new System.Net.Sockets.Socket(System.Net.Sockets.AddressFamily.Unix, System.Net.Sockets.SocketType.Stream, System.Net.Sockets.ProtocolType.Unspecified);
            await socket.ConnectAsync(new System.Net.Sockets.UnixDomainSocketEndPoint(path), token);
            return new System.Net.Sockets.NetworkStream(socket, ownsSocket: true);
        },
    })
    { BaseAddress = new Uri("http://localhost") };
}
