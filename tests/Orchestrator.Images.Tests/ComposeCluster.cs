using System.Globalization;

namespace Orchestrator.Images.Tests;

/// <summary>A compose file brought up under a name of its own, on free ports, with images that are on the engine.</summary>
internal sealed class ComposeCluster : IAsyncDisposable
{
    private static readonly TimeSpan Within = TimeSpan.FromMinutes(3);

    private readonly DockerEngine _engine;
    private readonly string _file;
    private readonly Dictionary<string, string> _environment;

    private ComposeCluster(DockerEngine engine, string file, string project, Dictionary<string, string> environment) =>
        (_engine, _file, Project, _environment) = (engine, file, project, environment);

    public string Project { get; }

    public Uri Query { get; private set; } = null!;

    public Uri Admin { get; private set; } = null!;

    /// <summary>Only if that service was asked for.</summary>
    public Uri Prometheus { get; private set; } = null!;

    public HttpClient Http { get; } = new() { Timeout = TimeSpan.FromSeconds(30) };

    /// <param name="engine">Where.</param>
    /// <param name="services">By name: Grafana's image cannot be had everywhere, and nothing here looks at it.</param>
    public static Task<ComposeCluster> UpAsync(DockerEngine engine, params IReadOnlyCollection<string> services) => 
        UpAsync(engine, "docker-compose.yml", "orchestrator", [.. services.Where(s => s != "orchestrator")], services);

    /// <summary>Several frontends and a gateway, all of their file.</summary>
    public static Task<ComposeCluster> UpFrontendsAsync(DockerEngine engine) => UpAsync(engine, "docker-compose.frontends.yml", "gateway", ["redis"], []);

    private static async Task<ComposeCluster> UpAsync(DockerEngine engine, string file, string query, IReadOnlyCollection<string> bases, IReadOnlyCollection<string> services)
    {
        var group = (await Shell.RunAsync(Within, engine.Environment, "stat", "-c", "%g", engine.Socket)).ShouldSucceed().Output.Trim();
        var environment = new Dictionary<string, string>(engine.Environment)
        {
            ["DOCKER_SOCKET"] = engine.Socket,
            ["DOCKER_GROUP"] = group,
            ["QUERY_PORT"] = "0",
            ["ADMIN_PORT"] = "0",
            ["PROMETHEUS_PORT"] = "0",
        };
        foreach (var (name, image) in await engine.BaseImagesAsync(bases))
        {
            environment[name] = image;
        }

        var cluster = new ComposeCluster(engine, file, $"oct{Guid.NewGuid():N}"[..11], environment);
        try
        {
            (await cluster.ComposeAsync(["up", "-d", .. services])).ShouldSucceed();
            (cluster.Query, cluster.Admin) = (await cluster.AddressAsync(query, 1337), await cluster.AddressAsync("orchestrator", 1338));
            if (services.Contains("prometheus"))
            {
                cluster.Prometheus = await cluster.AddressAsync("prometheus", 9090);
            }

            await Waiting.UntilAsync(Within, async () => await cluster.FindObstacleAsync());
        }
        catch
        {
            await cluster.DisposeAsync();
            throw;
        }

        return cluster;
    }

    /// <summary>The command line, against this cluster.</summary>
    public Task<Ran> OrchAsync(params IEnumerable<string> arguments) => Shell.RunAsync(
        Within, _environment, "dotnet", [Path.Combine(Shell.Root, "artifacts/bin/Orchestrator.Cli/release/orch.dll"), "--admin", Admin.ToString(), .. arguments]);

    public Task<Ran> ComposeAsync(params IEnumerable<string> arguments) => Shell.RunAsync(
        Within, _environment, "docker-compose", ["-f", Path.Combine(Shell.Root, _file), "-p", Project, "--profile", "monitoring", .. arguments]);

    public async Task<string> LogAsync() => (await ComposeAsync("logs", "--no-color", "--tail", "50")).Output;

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await ComposeAsync("down", "-v", "--remove-orphans");
    }

    private async Task<string?> FindObstacleAsync()
    {
        var id = (await ComposeAsync("ps", "-q", "orchestrator")).Output.Trim();
        var health = await _engine.InspectAsync(id, "{{.State.Health.Status}}");
        return health == "healthy" ? null : $"{health}: {await LogAsync()}";
    }

    private async Task<Uri> AddressAsync(string service, int port)
    {
        var published = (await ComposeAsync("port", service, port.ToString(CultureInfo.InvariantCulture))).ShouldSucceed().Output.Trim();
        return new Uri($"http://{published.Replace("0.0.0.0", "127.0.0.1", StringComparison.Ordinal)}");
    }
}
