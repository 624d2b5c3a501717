using System.Collections.Concurrent;
using System.Net;

namespace Orchestrator.EndToEnd.Tests;

/// <summary>A control plane, one that stands by and three frontends, each a process, on shared replicas; the third frontend reaches Redis through a proxy that can be cut.</summary>
public sealed class FrontendsTests(ITestOutputHelper output) : IAsyncLifetime
{
    private FrontendCluster _cluster = null!;

    public async ValueTask InitializeAsync() => _cluster = await FrontendCluster.StartAsync(cuttable: true);

    public ValueTask DisposeAsync() => _cluster.DisposeAsync();

    [Fact]
    public async Task FrontendCutOffFromRedis_NeverAnswersWithAVersionWhoseSwapIsComplete_AndFindsBack()
    {
        var cut = _cluster.Frontends[2];
        (await FrontendCluster.AskAsync(cut)).Version.ShouldBe("1", "and from now on its cache knows the answer");
        var answers = new ConcurrentQueue<(long Began, HttpStatusCode Status, string? Version)>();
        using var end = new CancellationTokenSource();
        var asking = Task.Run(async () =>
        {
            while (!end.IsCancellationRequested)
            {
                var began = TimeProvider.System.GetTimestamp();
                var (status, version, _) = await FrontendCluster.AskAsync(cut);
                answers.Enqueue((began, status, version));
                await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System, CancellationToken.None);
            }
        });
        _cluster.Proxy.IsCut = true;
        await _cluster.DeployAsync("2");
        var complete = TimeProvider.System.GetTimestamp();
        await Task.Delay(TimeSpan.FromSeconds(2), TimeProvider.System);
        (await FrontendCluster.AskAsync(_cluster.Frontends[0])).Version.ShouldBe("2");
        (await FrontendCluster.AskAsync(_cluster.Frontends[1])).Version.ShouldBe("2");
        _cluster.Proxy.IsCut = false;
        await FrontendCluster.ReadyAsync(cut, "2");
        await end.CancelAsync();
        await asking;
        answers.Where(a => a.Began > complete && a.Version == "1").ShouldBeEmpty("a stale version after its swap was complete");
        answers.ShouldContain(a => a.Began < complete && a.Version == "1", "while nothing was complete it served on");
        output.WriteLine(string.Join(", ", answers.GroupBy(a => (a.Status, a.Version, After: a.Began > complete)).Select(g => $"{g.Key}: {g.Count()}")));
    }

    [Fact]
    public async Task RedisDownForAll_EveryFrontendServesOn_SaysSo_AndASwapGoesOnAfterwards()
    {
        await _cluster.Redis.KillAsync();
        foreach (var frontend in _cluster.Frontends)
        {
            await frontend.WaitAsync(async () => (await frontend.Http.GetStringAsync($"{frontend.Admin}/readyz")).Contains("degraded", StringComparison.Ordinal), "readiness says that it is cut off");
            await frontend.WaitAsync(async () => (await frontend.Http.GetStringAsync($"{frontend.Admin}/metrics")).Contains("orchestrator_frontend_lease 0", StringComparison.Ordinal), "its lease ran out");
            var answer = await FrontendCluster.AskAsync(frontend);
            (answer.Status, answer.Version).ShouldBe((HttpStatusCode.OK, "1"), "the replica confirms its version");
        }

        (await _cluster.Control.OrchAsync("model", "deploy", "echo", "--version", "2", "--framework", "noop")).ExitCode.ShouldNotBe(0, "nothing can be changed");
        await _cluster.Redis.StartAgainAsync();
        foreach (var frontend in _cluster.Frontends)
        {
            await frontend.WaitAsync(async () => (await frontend.Http.GetStringAsync($"{frontend.Admin}/readyz")) == "ready\n", "it has its lease again");
        }

        await _cluster.Control.WaitAsync(async () => !(await _cluster.Control.Http.GetStringAsync($"{_cluster.Control.Admin}/readyz")).Contains("degraded", StringComparison.Ordinal), "the control plane has Redis again");
        await _cluster.DeployAsync("2");
        foreach (var frontend in _cluster.Frontends)
        {
            (await FrontendCluster.AskAsync(frontend)).Version.ShouldBe("2");
        }
    }

    [Fact]
    public async Task FrontendsAndControlPlaneKilledInTurn_OthersServeOn_NoWrongAnswer_TheStandbyTakesOver()
    {
        var right = (await FrontendCluster.AskAsync(_cluster.Frontends[0])).Output;
        var wrong = new ConcurrentQueue<string>();
        using var end = new CancellationTokenSource();
        var failed = new int[_cluster.Frontends.Length];
        var killed = -1;
        var asking = _cluster.Frontends.Select((frontend, i) => Task.Run(async () =>
        {
            while (!end.IsCancellationRequested)
            {
                try
                {
                    var (status, version, answer) = await FrontendCluster.AskAsync(frontend);
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
        for (var i = 0; i < _cluster.Frontends.Length; i++)
        {
            Volatile.Write(ref killed, i);
            _cluster.Frontends[i].Kill();
            (await FrontendCluster.AskAsync(_cluster.Frontends[(i + 1) % 3])).Status.ShouldBe(HttpStatusCode.OK);
            await _cluster.Frontends[i].RestartAsync();
            await FrontendCluster.ReadyAsync(_cluster.Frontends[i], "1");
        }

        Volatile.Write(ref killed, -1);
        _cluster.Control.Kill();
        await _cluster.Standby.WaitAsync(async () => (await _cluster.Standby.StatusAsync()) is { Settled: true, Models.Count: 1 }, "the standby took over");
        foreach (var frontend in _cluster.Frontends)
        {
            await frontend.WaitAsync(async () => await FrontendCluster.FreshAnswerAsync(frontend), "it uses the replicas of the new control plane");
        }

        await end.CancelAsync();
        await Task.WhenAll(asking);
        wrong.ShouldBeEmpty();
        failed.ShouldBe([0, 0, 0], "connections broke of frontends that nobody killed");
    }
}
