using System.Net;
using Orchestrator.Redis.Tests.Rig;

namespace Orchestrator.EndToEnd.Tests;

/// <summary>Processes on one Redis that serve one echo model: a control plane, one that stands by, frontends, a gateway; whatever a test starts. Ends them all.</summary>
internal sealed class FrontendCluster : IAsyncDisposable
{
    private const string Question = """{"input": [3, 4]}""";

    private readonly List<Cluster> _started = [];
    private readonly ClusterFile _file;

    private FrontendCluster(RedisServer redis, ClusterFile file)
    {
        Redis = redis;
        Proxy = new FaultyProxy(redis.Port);
        _file = file;
    }

    public RedisServer Redis { get; }

    /// <summary>Another way to the Redis, which can be cut.</summary>
    public FaultyProxy Proxy { get; }

    public Cluster Control { get; private set; } = null!;

    public Cluster Standby { get; private set; } = null!;

    public Cluster[] Frontends { get; private set; } = [];

    /// <summary>Redis alone, and a file with the model.</summary>
    /// <param name="keys">More keys of the model, in one line.</param>
    /// <param name="slo">Of the application.</param>
    public static async Task<FrontendCluster> StartEmptyAsync(string keys = "cache: {}", string slo = "20s") => new(
        await RedisServer.StartAsync(),
        await ClusterFile.WriteAsync($$"""
            cluster: shared
            models:
              - { name: echo, version: "1", framework: noop, {{keys}} }
            applications:
              - name: echo
                slo: {{slo}}
                model: echo
            """));

    /// <summary>A control plane, one that stands by, and three frontends that serve.</summary>
    /// <param name="cuttable">The third frontend reaches Redis through <see cref="Proxy"/>.</param>
    public static Task<FrontendCluster> StartAsync(bool cuttable) => StartAsync(StartEmptyAsync(), cuttable);

    /// <summary>The same around what <see cref="StartEmptyAsync"/> started.</summary>
    public static async Task<FrontendCluster> StartAsync(Task<FrontendCluster> empty, bool cuttable = false)
    {
        var cluster = await empty;
        try
        {
            cluster.Control = await cluster.StartAsync("control", applies: true);
            cluster.Standby = await cluster.StartAsync("control");
            cluster.Frontends = await Task.WhenAll(cluster.StartAsync("frontend"), cluster.StartAsync("frontend"), cluster.StartAsync("frontend", cuttable ? cluster.Proxy.Endpoint : null));
            foreach (var frontend in cluster.Frontends)
            {
                await ReadyAsync(frontend, "1");
            }
        }
        catch
        {
            await cluster.DisposeAsync();
            throw;
        }

        return cluster;
    }

    public async Task<Cluster> StartAsync(string role, string? redis = null, bool applies = false) =>
        Keep(await Cluster.StartAsync(applies ? _file.Path : null, more: ["--role", role, "--redis", redis ?? Redis.Endpoint]));

    /// <summary>A gateway over the frontends, which knows that all are ready.</summary>
    public async Task<Cluster> StartGatewayAsync()
    {
        var gateway = Keep(await Cluster.StartAsync(more: ["--role", "gateway", "--frontends", string.Join(',', Frontends.Select(f => f.Url))]));
        await GatewayKnowsAsync(gateway, Frontends.Length);
        return gateway;
    }

    public static Task GatewayKnowsAsync(Cluster gateway, int ready) => gateway.WaitAsync(
        async () => (await gateway.Http.GetStringAsync($"{gateway.Admin}/metrics")).Split('\n').Count(l => l.StartsWith("orchestrator_gateway_frontend_ready{", StringComparison.Ordinal) && l.EndsWith(" 1", StringComparison.Ordinal)) == ready,
        $"the gateway knows that {ready} frontends are ready");

    public async Task DeployAsync(string version)
    {
        (await Control.OrchAsync("model", "deploy", "echo", "--no-wait", "--version", version, "--framework", "noop")).ShouldSucceed();
        await Control.WaitAsync(
            async () => (await Control.StatusAsync()) is { Settled: true } status && status.Models[0].ServingVersion == version
                && status.Models[0].Versions.Where(v => v.Spec.Version != version).All(v => !v.Live && v.Replicas.Count == 0),
            "the old version is retired and its replicas are gone");
    }

    public static Task ReadyAsync(Cluster frontend, string version) => frontend.WaitAsync(
        async () => (await frontend.Http.GetAsync($"{frontend.Admin}/readyz")).StatusCode == HttpStatusCode.OK && (await AskAsync(frontend)).Version == version, $"a frontend serves version {version}");

    /// <summary>Asks what nobody asked before: no cache knows the answer.</summary>
    public static async Task<bool> FreshAnswerAsync(Cluster frontend) =>
        (await frontend.PostAsync("/echo/predict", $$"""{"input": [{{Random.Shared.NextDouble().ToString(System.Globalization.CultureInfo.InvariantCulture)}}, 4]}""")).Status == HttpStatusCode.OK;

    public static async Task<(HttpStatusCode Status, string? Version, string? Output)> AskAsync(Cluster frontend)
    {
        var (status, body) = await frontend.PostAsync("/echo/predict", Question);
        return status == HttpStatusCode.OK ? (status, body.GetProperty("version").GetString(), body.GetProperty("output").ToString()) : (status, null, null);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var process in Enumerable.Reverse(_started))
        {
            await process.DisposeAsync();
        }

        await _file.DisposeAsync();
        await Proxy.DisposeAsync();
        await Redis.DisposeAsync();
    }

    private Cluster Keep(Cluster process)
    {
        lock (_started)
        {
            _started.Add(process);
        }

        return process;
    }
}
