using System.Collections.Concurrent;
using System.Net;
using System.Text.Json;

namespace Orchestrator.EndToEnd.Tests;

/// <summary>A gateway process over three frontends on shared replicas, under load while what is behind it is killed.</summary>
public sealed class GatewayTests(ITestOutputHelper output)
{
    private const int Clients = 6;

    // No two clients' sums meet.
    private const int Apart = 1_000_000;

    [Fact]
    public async Task FrontendsAndControlPlaneKilledInTurn_ClientsOfTheGatewaySeeNoFailureThatTheRuleCanSave()
    {
        await using var cluster = await FrontendCluster.StartAsync(cuttable: false);
        var gateway = await cluster.StartGatewayAsync();
        var counts = new Counts();
        using (var end = new CancellationTokenSource())
        {
            var clients = Enumerable.Range(0, Clients).Select(i => AskAsync(gateway, i, counts, end.Token)).ToArray();
            try
            {
                await KillFrontendsAsync(cluster, gateway, counts);
                output.WriteLine($"frontends killed: {counts.Right} right answers, {counts.Failed.Count} failed");
                counts.Failed.ShouldBeEmpty("requests failed that another frontend could have answered");
                Volatile.Write(ref counts.FrontendsMayFail, true);
                await KillControlPlaneAsync(cluster, gateway, counts);
            }
            finally
            {
                await end.CancelAsync();
                await Task.WhenAll(clients);
            }
        }

        output.WriteLine($"in all: {counts.Right} right answers, {counts.FromFrontends} refused by frontends while there was no replica");
        output.WriteLine(string.Join('\n', (await gateway.Http.GetStringAsync($"{gateway.Admin}/metrics")).Split('\n').Where(l => l.StartsWith("orchestrator_gateway_", StringComparison.Ordinal))));
        counts.Failed.ShouldBeEmpty("requests failed that another frontend could have answered");
        counts.Wrong.ShouldBeEmpty();
        (await gateway.Http.GetAsync($"{gateway.Url}/api/v1/status")).StatusCode.ShouldBe(HttpStatusCode.NotFound, "the admin API is not behind the gateway");
    }

    [Fact]
    public async Task NoFrontendThere_GatewayIsNotReady_AndSaysSoIn503()
    {
        await using var gateway = await Cluster.StartAsync(more: ["--role", "gateway", "--frontends", "127.0.0.1:1"]);
        var (status, body) = await gateway.PostAsync("/echo/predict", """{"input": [1]}""");
        status.ShouldBe(HttpStatusCode.ServiceUnavailable);
        body.GetProperty("cause").GetString()!.ShouldContain("No query frontend is ready: the gateway asks 127.0.0.1:1");
        using var ready = await gateway.Http.GetAsync($"{gateway.Admin}/readyz");
        ready.StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);
        (await ready.Content.ReadAsStringAsync()).ShouldContain("none of the 1 query frontends is ready");
    }

    // Each time the gateway must have seen both: a frontend that is back may know no model yet.
    private static async Task KillFrontendsAsync(FrontendCluster cluster, Cluster gateway, Counts counts)
    {
        foreach (var frontend in cluster.Frontends)
        {
            await MoreAsync(gateway, counts);
            frontend.Kill();
            await FrontendCluster.GatewayKnowsAsync(gateway, cluster.Frontends.Length - 1);
            await MoreAsync(gateway, counts);
            await frontend.RestartAsync();
            await FrontendCluster.GatewayKnowsAsync(gateway, cluster.Frontends.Length);
        }

        await MoreAsync(gateway, counts);
    }

    // The replicas are the control plane's children and end with it: until the standby's are there a frontend has nobody to ask, and says so.
    private static async Task KillControlPlaneAsync(FrontendCluster cluster, Cluster gateway, Counts counts)
    {
        cluster.Control.Kill();
        await cluster.Standby.WaitAsync(async () => (await cluster.Standby.StatusAsync()) is { Settled: true, Models.Count: 1 }, "the standby took over");
        foreach (var frontend in cluster.Frontends)
        {
            await frontend.WaitAsync(async () => await FrontendCluster.FreshAnswerAsync(frontend), "it uses the replicas of the new control plane");
        }

        await MoreAsync(gateway, counts);
    }

    private static Task MoreAsync(Cluster gateway, Counts counts)
    {
        var wanted = counts.Right + 20 * Clients;
        return gateway.WaitAsync(() => Task.FromResult(counts.Right >= wanted), $"{wanted} right answers came through the gateway");
    }

    private static async Task AskAsync(Cluster gateway, int client, Counts counts, CancellationToken end)
    {
        for (var i = 0; !end.IsCancellationRequested; i++)
        {
            try
            {
                // No cache knows the answer, and no other question has it.
                var (status, body) = await gateway.PostAsync("/echo/predict", $$"""{"input": [{{client * Apart}}, {{i}}]}""");
                counts.Add(status, body, (client * Apart) + i);
            }
            catch (HttpRequestException exception)
            {
                counts.Failed.Enqueue(exception.Message);
            }

            await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System, CancellationToken.None);
        }
    }

    private sealed class Counts
    {
        public bool FrontendsMayFail;
        private int _right;
        private int _fromFrontends;

        public int Right => Volatile.Read(ref _right);

        public int FromFrontends => Volatile.Read(ref _fromFrontends);

        public ConcurrentQueue<string> Failed { get; } = [];

        public ConcurrentQueue<string> Wrong { get; } = [];

        public void Add(HttpStatusCode status, JsonElement body, int sum)
        {
            if (status != HttpStatusCode.OK)
            {
                var isGateways = body.GetProperty("cause").GetString()!.Contains("query frontend", StringComparison.Ordinal);
                if (isGateways || !Volatile.Read(ref FrontendsMayFail))
                {
                    Failed.Enqueue($"{status} {body}");
                }
                else
                {
                    Interlocked.Increment(ref _fromFrontends);
                }
            }
            else if (body.GetProperty("output").GetDouble() == sum && body.GetProperty("version").GetString() == "1")
            {
                Interlocked.Increment(ref _right);
            }
            else
            {
                Wrong.Enqueue($"expected {sum}: {body}");
            }
        }
    }
}
