using Orchestrator.Redis.Tests.Rig;

namespace Orchestrator.EndToEnd.Tests;

/// <summary>The registry in a real Redis under real orchestrators: one control plane at a time, and nothing is lost with either.</summary>
public sealed class RedisRegistryTests
{
    private const string File = """
        cluster: shared
        models:
          - name: echo
            version: "1"
            framework: noop
        applications:
          - name: echo
            slo: 500ms
            model: echo
        """;

    [Fact]
    public async Task ControlPlaneKilled_TheOneThatStandsByTakesOver_AndTheOldOneStandsByWhenItIsBack()
    {
        await using var redis = await RedisServer.StartAsync();
        await using var file = await ClusterFile.WriteAsync(File);
        string[] more = ["--redis", redis.Endpoint];
        await using var first = await Cluster.StartAsync(file.Path, more: more);
        await using var second = await Cluster.StartAsync(more: more);
        await second.WaitAsync(async () => (await second.StatusAsync()).Problem?.Contains("stands by", StringComparison.Ordinal) == true, "the second says that it stands by");
        (await second.OrchAsync("model", "scale", "echo:1", "2")).ExitCode.ShouldNotBe(0);
        (await second.Http.GetAsync($"{second.Admin}/readyz")).IsSuccessStatusCode.ShouldBeFalse();
        first.Kill();
        await second.WaitAsync(async () => (await second.StatusAsync()) is { Settled: true, Models.Count: 1 }, "the second took over");
        (await second.StatusAsync()).Revision.ShouldBe(1);
        (await second.OrchAsync("predict", "echo", "[1]")).ShouldSucceed();
        await first.RestartAsync();
        await first.WaitAsync(async () => (await first.StatusAsync()).Problem?.Contains("stands by", StringComparison.Ordinal) == true, "the first stands by now");
    }

    [Fact]
    public async Task RedisKilledAndStartedEmpty_ServingGoesOn_AndTheClusterIsWhatItWas()
    {
        await using var redis = await RedisServer.StartAsync();
        await using var file = await ClusterFile.WriteAsync(File);
        await using var cluster = await Cluster.StartAsync(file.Path, more: ["--redis", redis.Endpoint]);
        var replica = (await cluster.StatusAsync()).Models[0].Versions[0].Replicas.Single().Instance;
        await redis.KillAsync();
        await cluster.WaitAsync(async () => (await cluster.Http.GetStringAsync($"{cluster.Admin}/readyz")).Contains("degraded", StringComparison.Ordinal), "readiness says that Redis is away");
        (await cluster.OrchAsync("predict", "echo", "[1]")).ShouldSucceed();
        (await cluster.OrchAsync("model", "scale", "echo:1", "2")).ExitCode.ShouldNotBe(0);
        await redis.StartAgainAsync();
        await cluster.WaitAsync(async () => !(await cluster.Http.GetStringAsync($"{cluster.Admin}/readyz")).Contains("degraded", StringComparison.Ordinal), "readiness says that Redis is back");
        (await redis.AskAsync("HGET orchestrator:{control}:registry revision")).ShouldContain("1");
        var status = await cluster.StatusAsync();
        (status.Revision, status.Settled, status.Models[0].Versions[0].Replicas.Single().Instance).ShouldBe((1, true, replica), "nothing was stopped or started");
        (await cluster.OrchAsync("model", "scale", "echo:1", "2", "--wait")).ShouldSucceed();
        (await cluster.StatusAsync()).Revision.ShouldBe(2);
    }
}
