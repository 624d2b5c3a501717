using System.Net;
using Orchestrator.Core.Admin;

namespace Orchestrator.EndToEnd.Tests;

/// <summary>What operators of a Docker engine meet sooner or later: an engine without live-restore, planned restarts of the orchestrator, a full disk, an engine elsewhere.</summary>
[Trait("Needs", "Docker")]
public sealed class DockerOperationsTests(ITestOutputHelper output)
{
    private const string Digit = """{"input": [0,0,5,13,9,1,0,0,0,0,13,15,10,15,5,0,0,3,15,2,0,11,8,0,0,4,12,0,0,8,8,0,0,5,8,0,0,9,8,0,0,4,11,0,1,12,7,0,0,2,14,5,10,12,0,0,0,0,6,13,10,0,0,0]}""";

    [Fact]
    public async Task EngineWithoutLiveRestore_Stopped_DefaultsAndRefusalsMeanwhileAndReplicasComeBackByThemselves()
    {
        await TestEngine.ScriptAsync("halt");
        await TestEngine.ScriptAsync("start", liveRestore: false);
        try
        {
            await using var file = await ClusterFile.WriteAsync(DigitsLoad.File(Runtimes.Docker, replicas: 2) + "\n  - { name: strict, slo: 100ms, model: digits }\n");
            await using var cluster = await Cluster.StartAsync(file.Path, runtime: Runtimes.Docker);
            var before = await TestEngine.RunningAsync("chaos");
            await FaultLoad.RunAsync(cluster, output, async () =>
            {
                await TestEngine.ScriptAsync("halt");
                try
                {
                    await cluster.WaitAsync(async () => (await cluster.StatusAsync()) is { Problem: { } problem } status && problem.Contains("it has no live-restore", StringComparison.Ordinal) && status.Models[0].State == "unavailable", "the status says so");
                    output.WriteLine((await cluster.StatusAsync()).Problem!);
                    (await cluster.PostAsync("/strict/predict", Digit)).Status.ShouldBe(HttpStatusCode.ServiceUnavailable);
                    var (answered, body) = await cluster.PostAsync("/digits/predict", Digit);
                    (answered, body.GetProperty("default").GetBoolean()).ShouldBe((HttpStatusCode.OK, true));
                }
                finally
                {
                    await TestEngine.ScriptAsync("start", liveRestore: false);
                }

                await cluster.WaitAsync(async () => (await cluster.StatusAsync()) is { Problem: null, Settled: true }, "it recovers by itself");
            });
            var after = await TestEngine.RunningAsync("chaos");
            after.Length.ShouldBe(2);
            after.Intersect(before).ShouldBeEmpty();
        }
        finally
        {
            await TestEngine.ScriptAsync("halt");
            await TestEngine.ScriptAsync("start");
        }
    }

    [Fact]
    public async Task OnShutdownLeave_StoppedInOrder_TheNextOneAdoptsTheSameContainers()
    {
        var text = DigitsLoad.File(Runtimes.Docker, replicas: 2);
        await using var file = await ClusterFile.WriteAsync(text.Replace("cluster: chaos", "cluster: chaos\nonShutdown: leave", StringComparison.Ordinal));
        await using var cluster = await Cluster.StartAsync(file.Path, runtime: Runtimes.Docker);
        try
        {
            var before = await TestEngine.RunningAsync("chaos");
            before.Length.ShouldBe(2);
            await cluster.StopAsync();
            (await TestEngine.RunningAsync("chaos")).ShouldBe(before, "left as they were");
            await cluster.RestartAsync();
            await cluster.WaitUntilSettledAsync();
            (await TestEngine.RunningAsync("chaos")).ShouldBe(before, "adopted");
            (await cluster.StatusAsync()).Models.SelectMany(m => m.Versions).SelectMany(v => v.Replicas).ShouldAllBe(r => r.Restarts == 0);
            (await DigitsLoad.AskVersionAsync(cluster)).ShouldBe("1");
        }
        finally
        {
            await File.WriteAllTextAsync(file.Path, text);
            (await cluster.OrchAsync("apply", "-f", file.Path)).ShouldSucceed();
        }

        await cluster.StopAsync();
        (await TestEngine.RunningAsync("chaos")).ShouldBeEmpty("stop is in force again");
    }

    [Fact]
    public async Task FullDisk_OfTheStateFolder_IsCalledSoBacksOffAndRecovers()
    {
        var folder = Directory.CreateTempSubdirectory("orchestrator-full-").FullName;
        var disk = Directory.CreateDirectory(Path.Combine(folder, "state")).FullName;
        (await CommandResult.RunAsync("mount", ["-t", "tmpfs", "-o", "size=4m,nr_inodes=300,mode=700", "tmpfs", disk])).ShouldSucceed();
        try
        {
            await using var file = await ClusterFile.WriteAsync(DigitsLoad.File(Runtimes.Docker, replicas: 1));
            await using var cluster = await Cluster.StartAsync(file.Path, state: folder, runtime: Runtimes.Docker);
            await FillUntilStartsFailAsync(cluster, disk);
            var model = (await cluster.StatusAsync()).Models.Single();
            output.WriteLine(model.Reason!);
            model.State.ShouldBe("unavailable");
            model.Reason!.ShouldContain("No space left on device");
            (await cluster.PostAsync("/digits/predict", Digit)).Body.GetProperty("default").GetBoolean().ShouldBeTrue();
            var refused = await cluster.OrchAsync("model", "scale", "digits", "2");
            refused.ExitCode.ShouldBe(1);
            refused.Error.ShouldContain("No space left on device");
            Array.ForEach(Directory.GetFiles(disk), File.Delete);
            await cluster.WaitUntilSettledAsync();
            (await DigitsLoad.AskVersionAsync(cluster)).ShouldBe("1");
            (await cluster.OrchAsync("model", "scale", "digits", "2")).ShouldSucceed();
        }
        finally
        {
            (await CommandResult.RunAsync("umount", [disk])).ShouldSucceed();
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public async Task EngineElsewhere_ContainersAreReachedAtPublishedPortsWithCopiedArtefacts()
    {
        await using var relay = new EngineRelay();
        await using var file = await ClusterFile.WriteAsync(DigitsLoad.File(Runtimes.Docker, replicas: 2));
        await using var cluster = await Cluster.StartAsync(file.Path, runtime: Runtimes.Docker, dockerHost: relay.Address);
        var victim = Replicas(await cluster.StatusAsync()).First(r => r.Phase == ReplicaPhase.Ready);
        output.WriteLine(victim.Address!);
        victim.Address!.ShouldStartWith("127.0.0.1:");
        await FaultLoad.RunAsync(cluster, output, async () =>
        {
            await TestEngine.KillIfRunningAsync(victim.ContainerId!);
            await cluster.WaitAsync(async () => (await TestEngine.RunningAsync("chaos")) is { Length: 2 } ids && !ids.Contains(victim.ContainerId), "the dead one is replaced");
            await cluster.WaitUntilSettledAsync();
        });
    }

    private static IEnumerable<ReplicaStatus> Replicas(ClusterStatus status) => status.Models.SelectMany(m => m.Versions).SelectMany(v => v.Replicas);

    // What a dead container frees its successor takes: it is killed again until the filling was faster, at the latest in a wait between two restarts.
    private static Task FillUntilStartsFailAsync(Cluster cluster, string disk) => cluster.WaitAsync(
        async () =>
        {
            Fill(disk);
            var replicas = Replicas(await cluster.StatusAsync()).ToList();
            if (replicas.Any(r => r is { Phase: ReplicaPhase.Failed, Reason: { } why } && why.Contains("No space left on device", StringComparison.Ordinal))
                && replicas.Any(r => r is { Phase: ReplicaPhase.Pending, NextAttempt: not null, Restarts: >= 2 }))
            {
                return true;
            }

            if (replicas.FirstOrDefault(r => r.Phase == ReplicaPhase.Ready) is { } running)
            {
                await TestEngine.KillIfRunningAsync(running.ContainerId!);
            }

            return false;
        },
        "starts find no room, and wait longer and longer");

    private static void Fill(string disk)
    {
        try
        {
            while (true)
            {
                File.WriteAllBytes(Path.Combine(disk, Guid.NewGuid().ToString("N")), [0]);
            }
        }
        catch (IOException)
        {
            // Full.
        }
    }
}
