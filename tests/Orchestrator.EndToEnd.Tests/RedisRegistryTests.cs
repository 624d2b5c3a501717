namespace Orchestrator.EndToEnd.Tests;

/// <summary>The registry in a real Redis under real orchestrators: one control plane at a time, and nothing is lost with either.</summary>
public sealed class RedisRegistryTests
{
    [Fact]
    public async Task ControlPlaneKilled_TheOneThatStandsByTakesOver_AndTheOldOneStandsByWhenItIsBack()
    {
        await using var shared = await FrontendCluster.StartEmptyAsync();
        var first = await shared.StartAsync("all", applies: true);
        var second = await shared.StartAsync("all");
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
        await using var shared = await FrontendCluster.StartEmptyAsync();
        var (redis, cluster) = (shared.Redis, await shared.StartAsync("all", applies: true));
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
