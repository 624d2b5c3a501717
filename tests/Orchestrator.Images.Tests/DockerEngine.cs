namespace Orchestrator.Images.Tests;

/// <summary>The engine that the tests use (tests/run.sh says which; else tests/docker-engine.sh starts it), with every image of ours on it.</summary>
public sealed class DockerEngine : IAsyncLifetime
{
    private const string Variable = "ORCHESTRATOR_TEST_DOCKER_SOCKET";
    private static readonly TimeSpan BuildWithin = TimeSpan.FromMinutes(15);
    private static readonly TimeSpan CallWithin = TimeSpan.FromMinutes(2);
    private string _client = "docker";

    internal Dictionary<string, string> Environment { get; } = [];

    /// <summary>Path of the engine's socket.</summary>
    internal string Socket { get; private set; } = "";

    public async ValueTask InitializeAsync()
    {
        Socket = System.Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } socket ? socket : await StartAsync();
        Environment["DOCKER_HOST"] = $"unix://{Socket}";
        (await BashAsync("bash deploy/images.sh")).ShouldSucceed();
        _client = (await BashAsync("source deploy/lib.sh; source deploy/engine.sh; find_docker; echo \"$DOCKER\"")).ShouldSucceed().Output.Trim();
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    /// <summary>Runs Docker's client.</summary>
    internal Task<Ran> DockerAsync(params IEnumerable<string> arguments) => Shell.RunAsync(CallWithin, Environment, _client, arguments);

    /// <summary>One value of a container or an image.</summary>
    internal async Task<string> InspectAsync(string what, string format) =>
        (await DockerAsync("inspect", "-f", format, what)).ShouldSucceed().Output.Trim();

    /// <summary>Names of the images to use instead of those that cannot be pulled, as NAME -> image.</summary>
    internal async Task<Dictionary<string, string>> BaseImagesAsync(params IEnumerable<string> names) =>
        (await BashAsync($"bash deploy/base-images.sh {string.Join(' ', names)}")).ShouldSucceed().Output
            .Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(l => l.Split('=', 2)).ToDictionary(p => p[0], p => p[1]);

    private Task<Ran> BashAsync(string command) => Shell.RunAsync(BuildWithin, Environment, "bash", "-c", command);

    private async Task<string> StartAsync() => (await BashAsync("bash tests/docker-engine.sh start")).ShouldSucceed().Output.Trim();
}
