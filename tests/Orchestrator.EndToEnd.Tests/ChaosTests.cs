using System.Globalization;
using Orchestrator.Core.Admin;
using Orchestrator.Load;

namespace Orchestrator.EndToEnd.Tests;

/// <summary>Real faults under load: 64 connections, random held-out digits whose answers are known, the cache off so that every request reaches a model.</summary>
public abstract class ChaosScenarios(string runtime, ITestOutputHelper output)
{
    /// <summary>Changes of the version under load: ten times to another one and back.</summary>
    private const int Swaps = 20;

    /// <summary>
    /// Share of the model's own answers while versions change; the others are the default, in time. Without a pause containers are started all the while, and want the processors that
    /// a full load has taken.
    /// </summary>
    private const double LeastModelShareInSwaps = 0.9;

    private static readonly TimeSpan Recovery = TimeSpan.FromSeconds(2);
    private static readonly string[] DeploySecond =
        ["model", "deploy", "digits", "--no-wait", "--version", "2", "--framework", "sklearn", "--no-cache", "--path", Repository.Sample("digits", "models", "digits-v2.joblib")];

    [Fact]
    public async Task ReplicaKilled_UnderLoad_NoErrorNoWrongAnswerAndReadyAgain()
    {
        await using var file = await ClusterFile.WriteAsync(DigitsLoad.File(runtime, replicas: 2));
        await using var cluster = await Cluster.StartAsync(file.Path, runtime: runtime);
        var victim = (await cluster.StatusAsync()).Models.Single().Versions.Single(v => v.Live).Replicas[0];
        var load = LoadRunner.RunAsync(DigitsLoad.Plan(cluster, TimeSpan.FromSeconds(30)), DigitsLoad.IsRight);
        await Task.Delay(TimeSpan.FromSeconds(10), TimeProvider.System);
        var killedAt = TimeProvider.System.GetTimestamp();
        await cluster.KillContainerAsync(victim.ContainerId!);
        await cluster.WaitAsync(async () => (await cluster.StatusAsync()) is { Settled: true } status && status.Models[0].Versions.Single(v => v.Live).Replicas.All(r => r.Instance != victim.Instance || r.Phase == ReplicaPhase.Failed), "the replica is replaced");
        output.WriteLine($"ready again after {TimeProvider.System.GetElapsedTime(killedAt).TotalSeconds:0.0} s");
        var result = await load;
        var from = result.OffsetOf(TimeProvider.System, killedAt);
        var outside = result.Outside(from, from + Recovery);
        output.WriteLine($"all: {result}");
        output.WriteLine($"in the 2 s after the kill: {result.Between(from, from + Recovery)}");
        result.Counts.Wrong.ShouldBe(0);
        result.Counts.ConnectionErrors.ShouldBe(0, string.Join('\n', result.Problems));
        ((double)outside.Model / outside.Total).ShouldBeGreaterThanOrEqualTo(0.99, $"outside the recovery window: {outside}");
    }

    [Fact]
    public async Task RolloutAndRollback_UnderLoad_NoFailedRequestAndNoRetiredVersionAnswers()
    {
        await using var file = await ClusterFile.WriteAsync(DigitsLoad.File(runtime, replicas: 1));
        await using var cluster = await Cluster.StartAsync(file.Path, runtime: runtime);
        using var stop = new CancellationTokenSource();
        var retired = new RetiredVersions();
        var load = LoadRunner.RunAsync(retired.Watch(DigitsLoad.Plan(cluster, TimeSpan.FromMinutes(5))), retired.Watch(DigitsLoad.IsEitherVersion), null, stop.Token);
        for (var swap = 0; swap < Swaps; swap++)
        {
            var (from, to) = swap % 2 == 0 ? ("1", "2") : ("2", "1");
            (await cluster.OrchAsync(swap == 0 ? DeploySecond : ["model", "rollback", "digits", "--no-wait"])).ShouldSucceed();
            await cluster.WaitAsync(async () => IsRetired(await cluster.StatusAsync(), from, to), $"version {to} serves, {from} is retired");
            retired.Retire(from);
            await cluster.WaitUntilSettledAsync();
            (await DigitsLoad.AskVersionAsync(cluster)).ShouldBe(to);
            await cluster.WaitAsync(() => Task.FromResult(retired.Judged > 0), "answers were held against the retirement");
            retired.EndRetirement();
        }

        await stop.CancelAsync();
        var result = await load;
        output.WriteLine($"all: {result}; held against a retirement: {retired.AllJudged}");
        retired.AnsweredByRetired.ShouldBe(0, "requests sent after the status had said that a version is retired, answered by it");
        result.Counts.Wrong.ShouldBe(0);
        (result.Counts.Total - result.Counts.Model - result.Counts.Default).ShouldBe(0, string.Join('\n', result.Problems));
        ((double)result.Counts.Model / result.Counts.Total).ShouldBeGreaterThanOrEqualTo(LeastModelShareInSwaps, result.ToString());
    }

    private static bool IsRetired(ClusterStatus status, string from, string to) =>
        status.Models.Single() is var model && model.ServingVersion == to && !model.Versions.Single(v => v.Spec.Version == from).Live;

    [Fact]
    public async Task FailedRollout_OldVersionGoesOn_AndSaysWhy()
    {
        await using var file = await ClusterFile.WriteAsync(DigitsLoad.File(runtime, replicas: 1));
        await using var cluster = await Cluster.StartAsync(file.Path, runtime: runtime);
        var broken = Path.Combine(file.Folder, "broken.joblib");
        await File.WriteAllTextAsync(broken, "this is no pickle");
        var deploy = await cluster.OrchAsync("model", "deploy", "digits", "--version", "2", "--framework", "sklearn", "--path", broken);
        deploy.ExitCode.ShouldBe(1, deploy.Output + deploy.Error);
        deploy.Error.ShouldContain("version 1 goes on serving");
        var model = (await cluster.StatusAsync()).Models[0];
        output.WriteLine(model.Reason ?? "no reason");
        model.ServingVersion.ShouldBe("1");
        model.Reason.ShouldNotBeNullOrEmpty();
        (await DigitsLoad.AskVersionAsync(cluster)).ShouldBe("1");
    }
}

/// <summary>As child processes, which never outlive the orchestrator.</summary>
public sealed class ChaosTests(ITestOutputHelper output) : ChaosScenarios(Runtimes.Process, output)
{
    private readonly ITestOutputHelper _output = output;

    [Fact]
    public async Task OrchestratorKilled_UnderLoad_NoOrphanSameRegistryNoWrongAnswer()
    {
        await using var file = await ClusterFile.WriteAsync(DigitsLoad.File(Runtimes.Process, replicas: 2));
        await using var cluster = await Cluster.StartAsync(file.Path);
        var before = await cluster.Http.GetStringAsync($"{cluster.Admin}/api/v1/spec");
        var containers = (await cluster.StatusAsync()).Models.SelectMany(m => m.Versions).SelectMany(v => v.Replicas).Select(r => int.Parse(r.ContainerId!, CultureInfo.InvariantCulture)).ToArray();
        containers.Length.ShouldBe(2);
        var load = LoadRunner.RunAsync(DigitsLoad.Plan(cluster, TimeSpan.FromSeconds(20)), DigitsLoad.IsRight);
        await Task.Delay(TimeSpan.FromSeconds(5), TimeProvider.System);
        cluster.Kill();
        await cluster.WaitAsync(() => Task.FromResult(containers.All(id => !Directory.Exists($"/proc/{id}"))), "no container outlives the orchestrator");
        await cluster.RestartAsync();
        await cluster.WaitUntilSettledAsync();
        (await cluster.Http.GetStringAsync($"{cluster.Admin}/api/v1/spec")).ShouldBe(before);
        var result = await load;
        _output.WriteLine($"all: {result}");
        result.Counts.Wrong.ShouldBe(0);
        var after = await LoadRunner.RunAsync(DigitsLoad.Plan(cluster, TimeSpan.FromSeconds(3)), DigitsLoad.IsRight);
        _output.WriteLine($"after the restart: {after}");
        after.Counts.Wrong.ShouldBe(0);
        after.Counts.ConnectionErrors.ShouldBe(0, string.Join('\n', after.Problems));
        after.Counts.Model.ShouldBeGreaterThan(0);
    }
}
