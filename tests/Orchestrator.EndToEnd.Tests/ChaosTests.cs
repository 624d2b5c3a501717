using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Orchestrator.Core.Admin;
using Orchestrator.Load;

namespace Orchestrator.EndToEnd.Tests;

/// <summary>Real faults under load: 64 connections, random held-out digits whose answers are known, the cache off so that every request reaches a model.</summary>
public sealed class ChaosTests(ITestOutputHelper output)
{
    private const int Connections = 64;
    private static readonly TimeSpan Recovery = TimeSpan.FromSeconds(2);
    private static readonly HeldOutDigits Digits = HeldOutDigits.Instance;
    private static readonly double[] Expected = Digits.Labels("digits-v1", "predict");
    private static readonly byte[][] Bodies = [.. Digits.Images.Select(i => Encoding.UTF8.GetBytes($$"""{"input": {{HeldOutDigits.Json(i)}}}"""))];

    [Fact]
    public async Task ReplicaKilled_UnderLoad_NoErrorNoWrongAnswerAndReadyAgain()
    {
        await using var file = await ClusterFile.WriteAsync(Digits2("1", replicas: 2));
        await using var cluster = await Cluster.StartAsync(file.Path);
        var victim = (await cluster.StatusAsync()).Models.Single().Versions.Single(v => v.Live).Replicas[0];
        var load = LoadRunner.RunAsync(Plan(cluster, TimeSpan.FromSeconds(30)), IsRight);
        await Task.Delay(TimeSpan.FromSeconds(10), TimeProvider.System);
        var killedAt = TimeProvider.System.GetTimestamp();
        KillNine(int.Parse(victim.ContainerId!, CultureInfo.InvariantCulture));
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
    public async Task OrchestratorKilled_UnderLoad_NoOrphanSameRegistryNoWrongAnswer()
    {
        await using var file = await ClusterFile.WriteAsync(Digits2("1", replicas: 2));
        await using var cluster = await Cluster.StartAsync(file.Path);
        var before = await cluster.Http.GetStringAsync($"{cluster.Admin}/api/v1/spec");
        var containers = (await cluster.StatusAsync()).Models.SelectMany(m => m.Versions).SelectMany(v => v.Replicas).Select(r => int.Parse(r.ContainerId!, CultureInfo.InvariantCulture)).ToArray();
        containers.Length.ShouldBe(2);
        var load = LoadRunner.RunAsync(Plan(cluster, TimeSpan.FromSeconds(20)), IsRight);
        await Task.Delay(TimeSpan.FromSeconds(5), TimeProvider.System);
        cluster.Kill();
        await cluster.WaitAsync(() => Task.FromResult(containers.All(id => !IsRunning(id))), "no container outlives the orchestrator");
        await cluster.RestartAsync();
        await cluster.WaitUntilSettledAsync();
        (await cluster.Http.GetStringAsync($"{cluster.Admin}/api/v1/spec")).ShouldBe(before);
        var result = await load;
        output.WriteLine($"all: {result}");
        result.Counts.Wrong.ShouldBe(0);
        var after = await LoadRunner.RunAsync(Plan(cluster, TimeSpan.FromSeconds(3)), IsRight);
        output.WriteLine($"after the restart: {after}");
        after.Counts.Wrong.ShouldBe(0);
        after.Counts.ConnectionErrors.ShouldBe(0, string.Join('\n', after.Problems));
        after.Counts.Model.ShouldBeGreaterThan(0);
    }

    [Fact]
    public async Task RolloutAndRollback_UnderLoad_NoFailedRequestAndNoRetiredVersionAnswers()
    {
        await using var file = await ClusterFile.WriteAsync(Digits2("1", replicas: 1));
        await using var cluster = await Cluster.StartAsync(file.Path);
        using var stop = new CancellationTokenSource();
        var load = LoadRunner.RunAsync(Plan(cluster, TimeSpan.FromSeconds(120)), IsEitherVersion, null, stop.Token);
        (await cluster.OrchAsync("model", "deploy", "digits", "--version", "2", "--framework", "sklearn", "--path", Repository.Sample("digits", "models", "digits-v2.joblib"))).ShouldSucceed();
        await cluster.WaitUntilSettledAsync();
        (await AskVersionAsync(cluster)).ShouldBe("2");
        (await cluster.OrchAsync("model", "rollback", "digits")).ShouldSucceed();
        await cluster.WaitUntilSettledAsync();
        (await AskVersionAsync(cluster)).ShouldBe("1");
        await stop.CancelAsync();
        var result = await load;
        output.WriteLine($"all: {result}");
        result.Counts.Wrong.ShouldBe(0);
        (result.Counts.Total - result.Counts.Model - result.Counts.Default).ShouldBe(0, string.Join('\n', result.Problems));
        ((double)result.Counts.Model / result.Counts.Total).ShouldBeGreaterThanOrEqualTo(0.99, result.ToString());
    }

    [Fact]
    public async Task FailedRollout_OldVersionGoesOn_AndSaysWhy()
    {
        await using var file = await ClusterFile.WriteAsync(Digits2("1", replicas: 1));
        await using var cluster = await Cluster.StartAsync(file.Path);
        var broken = Path.Combine(file.Folder, "broken.joblib");
        await File.WriteAllTextAsync(broken, "this is no pickle");
        (await cluster.OrchAsync("model", "deploy", "digits", "--version", "2", "--framework", "sklearn", "--path", broken)).Output.ShouldNotBeNull();
        await cluster.WaitAsync(async () => (await cluster.StatusAsync()).Models[0].State == "failed", "the rollout is given up");
        var model = (await cluster.StatusAsync()).Models[0];
        output.WriteLine(model.Reason ?? "no reason");
        model.ServingVersion.ShouldBe("1");
        model.Reason.ShouldNotBeNullOrEmpty();
        (await AskVersionAsync(cluster)).ShouldBe("1");
    }

    private static async Task<string?> AskVersionAsync(Cluster cluster)
    {
        // The default carries no model's version: ask until a model answered.
        for (var i = 0; ; i++)
        {
            var (_, body) = await cluster.PostAsync("/digits/predict", Encoding.UTF8.GetString(Bodies[0]));
            if (i == 50 || !body.GetProperty("default").GetBoolean())
            {
                return body.GetProperty("version").GetString();
            }
        }
    }

    private static LoadPlan Plan(Cluster cluster, TimeSpan duration) => new()
    {
        Uri = new Uri($"{cluster.Url}/digits/predict"),
        Connections = Connections,
        Duration = duration,
        Body = index => Bodies[DigitOf(index)],
    };

    /// <summary>Spread over the digits like random ones, and the same for sending and checking.</summary>
    private static int DigitOf(int index) => (int)((uint)(index * 2654435761L) % (uint)Bodies.Length);

    private static bool IsRight(int index, ReadOnlySpan<byte> body) => OutputOf(body) == Expected[DigitOf(index)];

    private static bool IsEitherVersion(int index, ReadOnlySpan<byte> body) =>
        OutputOf(body) is { } answer && (answer == Expected[DigitOf(index)] || answer == ExpectedSecond[DigitOf(index)]);

    private static readonly double[] ExpectedSecond = Digits.Labels("digits-v2", "predict");

    private static double? OutputOf(ReadOnlySpan<byte> body)
    {
        var reader = new Utf8JsonReader(body);
        while (reader.Read())
        {
            if (reader.TokenType == JsonTokenType.PropertyName && reader.ValueTextEquals("output"u8))
            {
                reader.Read();
                return reader.TokenType == JsonTokenType.Number ? reader.GetDouble() : null;
            }
        }

        return null;
    }

    private static string Digits2(string current, int replicas) => $$"""
        cluster: chaos
        models:
          - name: digits
            current: "{{current}}"
            versions:
              - version: "1"
                framework: sklearn
                path: {{Repository.Sample("digits", "models", "digits-v1.joblib")}}
                replicas: {{replicas}}
                cache: { enabled: false }
        applications:
          - name: digits
            slo: 100ms
            defaultOutput: -1
            model: digits
        """;

    private static void KillNine(int process)
    {
        using var kill = Process.Start("kill", ["-KILL", process.ToString(CultureInfo.InvariantCulture)]);
        kill.WaitForExit();
        kill.ExitCode.ShouldBe(0);
    }

    private static bool IsRunning(int process) => Directory.Exists($"/proc/{process}");
}
