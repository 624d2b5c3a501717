using Orchestrator.Core.Admin;

namespace Orchestrator.EndToEnd.Tests;

/// <summary>A model that takes long to load: within its startupTimeout it is waited for, beyond it has failed.</summary>
public abstract class SlowStartScenarios(string runtime, ITestOutputHelper output)
{
    private const string Slow = "slow";

    [Fact]
    public async Task SlowStart_BeyondItsTimeout_FailsSaysWhatToRaiseAndServesOnceItIsRaised()
    {
        await using var file = await ClusterFile.WriteAsync(ClusterFile.Under(runtime, Text("2s")));
        await using var cluster = await Cluster.StartAsync(runtime: runtime);
        (await cluster.OrchAsync("apply", "-f", file.Path, "--no-wait")).ShouldSucceed();
        await cluster.WaitAsync(async () => Replicas(await cluster.StatusAsync()).ToList() is var replicas
            && replicas.Any(r => r is { Phase: ReplicaPhase.Pending, NextAttempt: not null, Restarts: >= 2 })
            && replicas.Any(r => r.Phase == ReplicaPhase.Failed && r.Reason!.Contains("Raise startupTimeout", StringComparison.Ordinal)), "it says what to raise, and waits longer and longer");
        output.WriteLine((await cluster.StatusAsync()).Models.Single().Reason!);
        await File.WriteAllTextAsync(file.Path, ClusterFile.Under(runtime, Text("60s")));
        (await cluster.OrchAsync("apply", "-f", file.Path, "--no-wait")).ShouldSucceed();
        await cluster.WaitAsync(async () => Replicas(await cluster.StatusAsync()).Any(r => r.Phase == ReplicaPhase.Probing) && (await cluster.StatusAsync()).Models[0].Reason?.Contains("1 loading", StringComparison.Ordinal) == true, "the status says that it loads");
        await cluster.WaitUntilSettledAsync();
        (await cluster.PostAsync("/slow/predict", """{"input": [1]}""")).Body.GetProperty("output").GetDouble().ShouldBe(1);
    }

    private static string Text(string startupTimeout) => $$"""
        cluster: slow
        models:
          - { name: {{Slow}}, version: "1", framework: noop, startupTimeout: {{startupTimeout}}, options: { loadMs: 6000 } }
        applications:
          - { name: {{Slow}}, slo: 5s, model: {{Slow}} }
        """;

    private static IEnumerable<ReplicaStatus> Replicas(ClusterStatus status) => status.Models.SelectMany(m => m.Versions).SelectMany(v => v.Replicas);
}

/// <summary>As child processes.</summary>
public sealed class SlowStartTests(ITestOutputHelper output) : SlowStartScenarios(Runtimes.Process, output);

/// <summary>In real containers.</summary>
[Trait("Needs", "Docker")]
public sealed class SlowStartUnderDockerTests(ITestOutputHelper output) : SlowStartScenarios(Runtimes.Docker, output);
