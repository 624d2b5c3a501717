using System.Collections.Concurrent;
using System.Net;
using System.Text.Json;
using Orchestrator.Redis.Tests.Rig;

namespace Orchestrator.EndToEnd.Tests;

/// <summary>A control plane, one that stands by and three frontends, each a process, on shared replicas; the third frontend reaches Redis through a proxy that can be cut.</summary>
public sealed class FrontendsTests(ITestOutputHelper output) : IAsyncLifetime
{
    private const string Question = """{"input": [3, 4]}""";

    private readonly List<Cluster> _started = [];
    private RedisServer _redis = null!;
    private FaultyProxy _proxy = null!;
    private ClusterFile _file = null!;
    private Cluster _control = null!;
    private Cluster _standby = null!;
    private Cluster[] _frontends = [];

    public async ValueTask InitializeAsync()
    {
        _redis = await RedisServer.StartAsync();
        _proxy = new FaultyProxy(_redis.Port);
        _file = await ClusterFile.WriteAsync("""
            cluster: shared
            models:
              - name: echo
                version: "1"
                framework: noop
            applications:
              - name: echo
                slo: 5s
                model: echo
            """);
        _control = await StartAsync("control", _redis.Endpoint, _file.Path);
        _standby = await StartAsync("control", _redis.Endpoint);
        _frontends = [await StartAsync("frontend", _redis.Endpoint), await StartAsync("frontend", _redis.Endpoint), await StartAsync("frontend", _proxy.Endpoint)];
        foreach (var frontend in _frontends)
        {
            await ReadyAsync(frontend, "1");
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var process in Enumerable.Reverse(_started))
        {
            await process.DisposeAsync();
        }

        await _file.DisposeAsync();
        await _proxy.DisposeAsync();
        await _redis.DisposeAsync();
    }

    [Fact]
    public async Task FrontendCutOffFromRedis_NeverAnswersWithAVersionWhoseSwapIsComplete_AndFindsBack()
    {
        var cut = _frontends[2];
        (await AskAsync(cut)).Version.ShouldBe("1", "and from now on its cache knows the answer");
        var answers = new ConcurrentQueue<(long Began, HttpStatusCode Status, string? Version)>();
        using var end = new CancellationTokenSource();
        var asking = Task.Run(async () =>
        {
            while (!end.IsCancellationRequested)
            {
                var began = TimeProvider.System.GetTimestamp();
                var (status, version, _) = await AskAsync(cut);
                answers.Enqueue((began, status, version));
                await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System, CancellationToken.None);
            }
        });
        _proxy.IsCut = true;
        await DeployAsync("2");
        var complete = TimeProvider.System.GetTimestamp();
        await Task.Delay(TimeSpan.FromSeconds(2), TimeProvider.System);
        (await AskAsync(_frontends[0])).Version.ShouldBe("2");
        (await AskAsync(_frontends[1])).Version.ShouldBe("2");
        _proxy.IsCut = false;
        await ReadyAsync(cut, "2");
        await end.CancelAsync();
        await asking;
        answers.Where(a => a.Began > complete && a.Version == "1").ShouldBeEmpty("a stale version after its swap was complete");
        answers.ShouldContain(a => a.Began < complete && a.Version == "1", "while nothing was complete it served on");
        output.WriteLine(string.Join(", ", answers.GroupBy(a => (a.Status, a.Version, After: a.Began > complete)).Select(g => $"{g.Key}: {g.Count()}")));
    }

    [Fact]
    public async Task RedisDownForAll_EveryFrontendServesOn_SaysSo_AndASwapGoesOnAfterwards()
    {
        await _redis.KillAsync();
        foreach (var frontend in _frontends)
        {
            await frontend.WaitAsync(async () => (await frontend.Http.GetStringAsync($"{frontend.Admin}/readyz")).Contains("degraded", StringComparison.Ordinal), "readiness says that it is cut off");
            await frontend.WaitAsync(async () => (await frontend.Http.GetStringAsync($"{frontend.Admin}/metrics")).Contains("orchestrator_frontend_lease 0", StringComparison.Ordinal), "its lease ran out");
            var answer = await AskAsync(frontend);
            (answer.Status, answer.Version).ShouldBe((HttpStatusCode.OK, "1"), "the replica confirms its version");
        }

        (await _control.OrchAsync("model", "deploy", "echo", "--version", "2", "--framework", "noop")).ExitCode.ShouldNotBe(0, "nothing can be changed");
        await _redis.StartAgainAsync();
        foreach (var frontend in _frontends)
        {
            await frontend.WaitAsync(async () => (await frontend.Http.GetStringAsync($"{frontend.Admin}/readyz")) == "ready\n", "it has its lease again");
        }

        await _control.WaitAsync(async () => !(await _control.Http.GetStringAsync($"{_control.Admin}/readyz")).Contains("degraded", StringComparison.Ordinal), "the control plane has Redis again");
        await DeployAsync("2");
        foreach (var frontend in _frontends)
        {
            (await AskAsync(frontend)).Version.ShouldBe("2");
        }
    }

    [Fact]
    public async Task FrontendsAndControlPlaneKilledInTurn_OthersServeOn_NoWrongAnswer_TheStandbyTakesOver()
    {
        var right = (await AskAsync(_frontends[0])).Output;
        var wrong = new ConcurrentQueue<string>();
        using var end = new CancellationTokenSource();
        var failed = new int[_frontends.Length];
        var killed = -1;
        var asking = _frontends.Select((frontend, i) => Task.Run(async () =>
        {
            while (!end.IsCancellationRequested)
            {
                try
                {
                    var (status, version, answer) = await AskAsync(frontend);
                    if (status == HttpStatusCode.OK && (version != "1" || answer != right))
                    {
                        wrong.Enqueue($"frontend {i}: {version} {answer}");
                    }
                }
                catch (HttpRequestException) when (Volatile.Read(ref killed) != i)
                {
                    Interlocked.Increment(ref failed[i]);
                }
                catch (HttpRequestException)
                {
                    // It is the one that was killed.
                }

                await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System, CancellationToken.None);
            }
        })).ToArray();
        for (var i = 0; i < _frontends.Length; i++)
        {
            Volatile.Write(ref killed, i);
            _frontends[i].Kill();
            (await AskAsync(_frontends[(i + 1) % 3])).Status.ShouldBe(HttpStatusCode.OK);
            await _frontends[i].RestartAsync();
            await ReadyAsync(_frontends[i], "1");
        }

        Volatile.Write(ref killed, -1);
        _control.Kill();
        await _standby.WaitAsync(async () => (await _standby.StatusAsync()) is { Settled: true, Models.Count: 1 }, "the standby took over");
        foreach (var frontend in _frontends)
        {
            await frontend.WaitAsync(async () => await FreshAnswerAsync(frontend), "it uses the replicas of the new control plane");
        }

        await end.CancelAsync();
        await Task.WhenAll(asking);
        wrong.ShouldBeEmpty();
        failed.ShouldBe([0, 0, 0], "connections broke of frontends that nobody killed");
    }

    private async Task DeployAsync(string version)
    {
        (await _control.OrchAsync("model", "deploy", "echo", "--no-wait", "--version", version, "--framework", "noop")).ShouldSucceed();
        await _control.WaitAsync(
            async () => (await _control.StatusAsync()) is { Settled: true } status && status.Models[0].ServingVersion == version
                && status.Models[0].Versions.Where(v => v.Spec.Version != version).All(v => !v.Live && v.Replicas.Count == 0),
            "the old version is retired and its replicas are gone");
    }

    private static Task ReadyAsync(Cluster frontend, string version) => frontend.WaitAsync(
        async () => (await frontend.Http.GetAsync($"{frontend.Admin}/readyz")).StatusCode == HttpStatusCode.OK && (await AskAsync(frontend)).Version == version, $"a frontend serves version {version}");

    private static async Task<bool> FreshAnswerAsync(Cluster frontend) =>
        (await frontend.PostAsync("/echo/predict", $$"""{"input": [{{Random.Shared.NextDouble().ToString(System.Globalization.CultureInfo.InvariantCulture)}}, 4]}""")).Status == HttpStatusCode.OK;

    private static async Task<(HttpStatusCode Status, string? Version, string? Output)> AskAsync(Cluster frontend)
    {
        var (status, body) = await frontend.PostAsync("/echo/predict", Question);
        return status == HttpStatusCode.OK ? (status, body.GetProperty("version").GetString(), body.GetProperty("output").ToString()) : (status, null, null);
    }

    private async Task<Cluster> StartAsync(string role, string redis, string? file = null)
    {
        var process = await Cluster.StartAsync(file, more: ["--role", role, "--redis", redis]);
        _started.Add(process);
        return process;
    }
}
