using Orchestrator.Core.Admin;

namespace Orchestrator.EndToEnd.Tests;

/// <summary>Real faults of real containers under load, each held to what <see cref="FaultLoad"/> says.</summary>
[Trait("Needs", "Docker")]
public sealed class DockerChaosTests(ITestOutputHelper output) : ChaosScenarios(Runtimes.Docker, output)
{
    private const string ImageOfItsOwn = "orchestrator-tests/digits:1";

    private readonly ITestOutputHelper _output = output;

    [Fact]
    public async Task ContainerPaused_UnderLoad_IsTakenForHungAndReplaced()
    {
        await using var file = await ClusterFile.WriteAsync(DigitsLoad.File(Runtimes.Docker, replicas: 2));
        await using var cluster = await Cluster.StartAsync(file.Path, runtime: Runtimes.Docker);
        var victim = await FirstAsync(cluster, "digits");
        await UnderLoadAsync(cluster, async () =>
        {
            await TestEngine.PostAsync($"/containers/{victim.ContainerId}/pause");
            await cluster.WaitAsync(async () => (await TestEngine.RunningAsync("chaos")) is { Length: 2 } ids && !ids.Contains(victim.ContainerId), "the paused one is replaced");
            await cluster.WaitUntilSettledAsync();
        });
    }

    [Fact]
    public async Task EngineStopped_UnderLoad_PredictionsGoOnAndStatusSaysSo()
    {
        await using var file = await ClusterFile.WriteAsync(DigitsLoad.File(Runtimes.Docker, replicas: 2));
        await using var cluster = await Cluster.StartAsync(file.Path, runtime: Runtimes.Docker);
        var before = await TestEngine.RunningAsync("chaos");
        await UnderLoadAsync(cluster, async () =>
        {
            await TestEngine.ScriptAsync("halt");
            try
            {
                await cluster.WaitAsync(async () => (await cluster.StatusAsync()).Problem?.Contains("engine unreachable", StringComparison.Ordinal) == true, "the status says so");
                await Task.Delay(TimeSpan.FromSeconds(20), TimeProvider.System);
            }
            finally
            {
                await TestEngine.ScriptAsync("start");
            }

            await cluster.WaitAsync(async () => (await cluster.StatusAsync()) is { Problem: null, Settled: true }, "it recovers by itself");
        }, outageCounts: true);
        (await TestEngine.RunningAsync("chaos")).ShouldBe(before, "no replica was restarted without need");
    }

    [Fact]
    public async Task OrchestratorKilled_UnderLoad_TheNextOneAdoptsTheSameContainers()
    {
        await using var file = await ClusterFile.WriteAsync(DigitsLoad.File(Runtimes.Docker, replicas: 2));
        await using var cluster = await Cluster.StartAsync(file.Path, runtime: Runtimes.Docker);
        var before = await TestEngine.RunningAsync("chaos");
        before.Length.ShouldBe(2);
        var spec = await cluster.Http.GetStringAsync($"{cluster.Admin}/api/v1/spec");
        await UnderLoadAsync(cluster, async () =>
        {
            cluster.Kill();
            await cluster.RestartAsync();
            await cluster.WaitUntilSettledAsync();
        }, mayRefuseConnections: true);
        (await TestEngine.RunningAsync("chaos")).ShouldBe(before);
        (await cluster.Http.GetStringAsync($"{cluster.Admin}/api/v1/spec")).ShouldBe(spec);
        (await cluster.StatusAsync()).Models.SelectMany(m => m.Versions).SelectMany(v => v.Replicas).ShouldAllBe(r => r.Restarts == 0);
    }

    [Fact]
    public async Task OutOfMemory_OfANeighbour_IsCalledSoReplacedAndHurtsNobody()
    {
        await using var file = await ClusterFile.WriteAsync(DigitsLoad.File(Runtimes.Docker, replicas: 2, Neighbour("hog", "200MiB")));
        await WriteNeighbourAsync(file, "hog", "if inputs['x'][0, 0] == 666: bytearray(1 << 30)");
        await using var cluster = await Cluster.StartAsync(file.Path, runtime: Runtimes.Docker);
        await UnderLoadAsync(cluster, async () =>
        {
            await cluster.PostAsync("/v2/models/hog/infer", """{"inputs": [{"name": "x", "shape": [1, 1], "datatype": "FP64", "data": [666]}]}""");
            await cluster.WaitAsync(
                async () => Replicas(await cluster.StatusAsync(), "hog").Any(r => r is { Phase: ReplicaPhase.Ready, LastExit: { } why } && why.Contains("out of memory", StringComparison.Ordinal)),
                "it is replaced, and its successor says why");
        });
        _output.WriteLine(Replicas(await cluster.StatusAsync(), "hog").First(r => r.Phase == ReplicaPhase.Ready).LastExit!);
    }

    [Fact]
    public async Task CrashLoop_OfANeighbour_BacksOffSaysWhyAndHurtsNobody()
    {
        await using var file = await ClusterFile.WriteAsync(DigitsLoad.File(Runtimes.Docker, replicas: 2));
        await using var cluster = await Cluster.StartAsync(file.Path, runtime: Runtimes.Docker);
        await WriteNeighbourAsync(file, "broken", "pass", "raise SystemExit('no such weights')");
        await UnderLoadAsync(cluster, async () =>
        {
            (await cluster.OrchAsync(
                "model", "deploy", "broken", "--no-wait", "--version", "1", "--framework", "custom", "--image", "orchestrator-sklearn:latest", "--path", Path.Combine(file.Folder, "broken"),
                "--command", "python3", "{artefact}/main.py")).Output.ShouldNotBeNull();
            await cluster.WaitAsync(async () => Replicas(await cluster.StatusAsync(), "broken").Any(r => r is { Phase: ReplicaPhase.Pending, NextAttempt: not null, Restarts: >= 3 }), "it waits longer and longer");
        });
        var model = (await cluster.StatusAsync()).Models.Single(m => m.Name == "broken");
        _output.WriteLine(model.Reason!);
        model.State.ShouldBe("failed");
        model.Reason!.ShouldContain("exited with code 1");
        Replicas(await cluster.StatusAsync(), "broken").SelectMany(r => r.LastLogLines).ShouldContain(l => l.Contains("no such weights"));
    }

    [Fact]
    public async Task ImageRemoved_UnderLoad_WhatRunsGoesOnAndALostReplicaComesBackWithIt()
    {
        await TestEngine.PostAsync("/images/orchestrator-sklearn:latest/tag?repo=orchestrator-tests/digits&tag=1");
        var text = DigitsLoad.File(Runtimes.Docker, replicas: 2).Replace("framework: sklearn", $"framework: sklearn\n        image: {ImageOfItsOwn}", StringComparison.Ordinal);
        await using var file = await ClusterFile.WriteAsync(text);
        await using var cluster = await Cluster.StartAsync(file.Path, runtime: Runtimes.Docker);
        await UnderLoadAsync(cluster, async () =>
        {
            await TestEngine.DeleteAsync($"/images/{ImageOfItsOwn}");
            await cluster.KillContainerAsync((await FirstAsync(cluster, "digits")).ContainerId!);
            await cluster.WaitAsync(async () => (await cluster.StatusAsync()).Models[0].Reason?.Contains($"image '{ImageOfItsOwn}' is not on the engine and cannot be pulled", StringComparison.Ordinal) == true, "the status says what is missing");
            await TestEngine.PostAsync("/images/orchestrator-sklearn:latest/tag?repo=orchestrator-tests/digits&tag=1");
            await cluster.WaitUntilSettledAsync();
        });
        await TestEngine.DeleteAsync($"/images/{ImageOfItsOwn}?force=1");
    }

    private static IEnumerable<ReplicaStatus> Replicas(ClusterStatus status, string model) => status.Models.Where(m => m.Name == model).SelectMany(m => m.Versions).SelectMany(v => v.Replicas);

    private static async Task<ReplicaStatus> FirstAsync(Cluster cluster, string model) => Replicas(await cluster.StatusAsync(), model).First(r => r.Phase == ReplicaPhase.Ready);

    private static string Neighbour(string name, string memory) => $$"""
          - { name: {{name}}, version: "1", framework: custom, image: orchestrator-sklearn:latest, path: {{name}}, command: [python3, "{artefact}/main.py"], resources: { memory: {{memory}} } }
        """;

    /// <summary>A model of a few lines of Python.</summary>
    private static async Task WriteNeighbourAsync(ClusterFile file, string name, string onInput, string atStart = "pass")
    {
        var folder = Directory.CreateDirectory(Path.Combine(file.Folder, name)).FullName;
        await File.WriteAllTextAsync(Path.Combine(folder, "main.py"), $$"""
            from orchestrator_container import Signature, Tensor, serve

            {{atStart}}


            def predict(inputs, context):
                {{onInput}}
                return {"y": inputs["x"].sum(axis=1)}


            serve(predict, Signature([Tensor("x", "FP64", [-1, 1])], [Tensor("y", "FP64", [-1])]))
            """);
    }

    private Task UnderLoadAsync(Cluster cluster, Func<Task> fault, bool mayRefuseConnections = false, bool outageCounts = false) =>
        FaultLoad.RunAsync(cluster, _output, fault, mayRefuseConnections, outageCounts);
}
