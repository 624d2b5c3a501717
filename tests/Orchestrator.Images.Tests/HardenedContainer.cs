namespace Orchestrator.Images.Tests;

/// <summary>A container of one of our images as the runtime runs it: nobody, no capabilities, a root that it cannot write.</summary>
internal sealed class HardenedContainer : IAsyncDisposable
{
    private static readonly string[] Hardening =
        ["--read-only", "--tmpfs", "/tmp", "--cap-drop", "ALL", "--security-opt", "no-new-privileges", "--health-interval", "1s", "--health-start-period", "60s"];

    private readonly DockerEngine _engine;

    private HardenedContainer(DockerEngine engine, string id) => (_engine, Id) = (engine, id);

    public string Id { get; }

    public static async Task<HardenedContainer> StartAsync(DockerEngine engine, string image, params IEnumerable<string> options)
    {
        var started = await engine.DockerAsync(["run", "-d", .. Hardening, .. options, image]);
        return new HardenedContainer(engine, started.ShouldSucceed().Output.Trim());
    }

    /// <summary>Waits until its own health check says that it is well.</summary>
    public Task WaitUntilHealthyAsync() => Waiting.UntilAsync(TimeSpan.FromMinutes(2), async () =>
        await _engine.InspectAsync(Id, "{{.State.Health.Status}}") is var health and not "healthy" ? $"{health}: {await LogAsync()}" : null);

    /// <summary>Where a published port is reached.</summary>
    public async Task<Uri> AddressAsync(int port)
    {
        var published = (await _engine.DockerAsync("port", Id, $"{port}/tcp")).ShouldSucceed().Output.Split('\n')[0].Trim();
        return new Uri($"http://{published}");
    }

    public async Task<string> LogAsync() => await _engine.DockerAsync("logs", Id) is var log ? log.Output + log.Error : "";

    /// <summary>Ends it as an orchestrator would.</summary>
    public async Task<int> StopAsync()
    {
        (await _engine.DockerAsync("stop", "-t", "30", Id)).ShouldSucceed();
        return int.Parse(await _engine.InspectAsync(Id, "{{.State.ExitCode}}"), System.Globalization.CultureInfo.InvariantCulture);
    }

    public async ValueTask DisposeAsync() => await _engine.DockerAsync("rm", "-f", "-v", Id);
}
