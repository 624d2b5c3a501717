using Orchestrator.Core.Cluster;
using Orchestrator.Core.Runtime;
using Orchestrator.Docker.Engine;
using Orchestrator.Docker.Running;

namespace Orchestrator.Docker.Tests.Engines;

[Collection(RealEngineTests.Name)]
[Trait("Needs", "Docker")]
public sealed class DockerContainerRuntimeTests(RealEngine engine)
{
    private const string Forever = "exec sleep 1000";

    private static CancellationToken Test => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Start_Container_MayDoLittleAndIsListedWithItsLabels()
    {
        await using var runtime = new RuntimeUnderTest();
        const string Ask = "busybox id -u; (echo x >/x) 2>/dev/null && echo written; echo t >/tmp/t && echo temporary; busybox grep -E 'CapEff|CapBnd|NoNewPrivs' /proc/self/status; echo over; " + Forever;
        var started = await runtime.StartAsync("trap 'exit 0' TERM; " + Ask);
        var listed = (await runtime.Runtime.ListAsync(Test)).ShouldHaveSingleItem();
        listed.ShouldBe(started);
        (listed.SpecHash, listed.Image, listed.Address.Port).ShouldBe(("hash", RealEngine.Image, CreateRequestMapper.ContainerPort));
        var lines = new List<string>();
        await foreach (var line in runtime.Runtime.ReadLogAsync(started.ContainerId, 100, follow: true, Test))
        {
            if (line == "over")
            {
                break;
            }

            lines.Add(line);
        }

        lines.Select(l => l.Replace("\t", " ", StringComparison.Ordinal)).ShouldBe(["65532", "temporary", "CapBnd: 0000000000000000", "CapEff: 0000000000000000", "NoNewPrivs: 1"], ignoreOrder: true);
        var details = await engine.Client.Containers.InspectAsync(started.ContainerId, Test);
        details.Name.ShouldBe($"/c-m-1-{started.Replica.Instance}");
        details.Config!.Labels![ContainerLabels.Cluster].ShouldBe("c");
    }

    [Fact]
    public async Task Exit_ByItself_IsToldWithCodeAndLastLinesAndNothingIsLeft()
    {
        await using var runtime = new RuntimeUnderTest();
        var started = await runtime.StartAsync("busybox sleep 0.5; echo one; echo 'FATAL: two' >&2; exit 3");
        var exit = await runtime.NextExitAsync();
        (exit.ContainerId, exit.Replica, exit.ExitCode, exit.Reason).ShouldBe((started.ContainerId, started.Replica, 3, "exited with code 3"));
        exit.LastLogLines.ShouldBe(["one", "FATAL: two"], ignoreOrder: true);
        (await runtime.LogAsync(started.ContainerId)).Count.ShouldBe(2);
        (await runtime.Runtime.ListAsync(Test)).ShouldBeEmpty();
    }

    [Fact]
    public async Task Exit_OutOfMemory_IsCalledSo()
    {
        await using var runtime = new RuntimeUnderTest();
        await runtime.StartAsync("busybox sleep 0.5; exec busybox dd if=/dev/zero of=/tmp/x bs=1M count=200", new ResourcesSpec { Memory = 32 << 20 });
        var exit = await runtime.NextExitAsync();
        exit.ExitCode.ShouldBe(137);
        exit.Reason.ShouldStartWith("out of memory: killed by signal 9");
    }

    [Fact]
    public async Task Exit_RemovedBySomebodyElse_IsTold()
    {
        await using var runtime = new RuntimeUnderTest();
        var started = await runtime.StartAsync(Forever);
        await engine.Client.Containers.RemoveAsync(started.ContainerId, force: true, Test);
        (await runtime.NextExitAsync()).ContainerId.ShouldBe(started.ContainerId);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Stop_RunningOrPaused_IsGoneAndTold(bool isPaused)
    {
        await using var runtime = new RuntimeUnderTest();
        var started = await runtime.StartAsync(Forever);
        if (isPaused)
        {
            await engine.Client.Containers.PauseAsync(started.ContainerId, Test);
        }

        await runtime.Runtime.StopAsync(started.ContainerId, TimeSpan.FromSeconds(1), Test);
        (await runtime.NextExitAsync()).ExitCode.ShouldBe(137);
        await runtime.Runtime.StopAsync(started.ContainerId, TimeSpan.FromSeconds(1), Test);
        (await Should.ThrowAsync<EngineException>(() => engine.Client.Containers.InspectAsync(started.ContainerId, Test))).IsNotFound.ShouldBeTrue();
    }

    [Fact]
    public async Task Successor_OnTheSameFolder_FindsWhatRunsAndOthersDoNot()
    {
        await using var first = new RuntimeUnderTest();
        var running = await first.StartAsync(Forever);
        await using var stranger = new RuntimeUnderTest();
        (await stranger.Runtime.ListAsync(Test)).ShouldBeEmpty();
        await stranger.Runtime.StopAsync(running.ContainerId, TimeSpan.Zero, Test);
        await first.AbandonAsync();
        await using var second = new RuntimeUnderTest(first.Folder);
        (await second.Runtime.ListAsync(Test)).ShouldHaveSingleItem().ShouldBe(running);
        await engine.Client.Containers.KillAsync(running.ContainerId, "KILL", Test);
        (await second.NextExitAsync()).Reason.ShouldBe("killed by signal 9 (SIGKILL)");
    }

    [Fact]
    public async Task Successor_WhatEndedMeanwhile_IsRemoved()
    {
        await using var first = new RuntimeUnderTest();
        var ended = await first.StartAsync(Forever);
        await first.AbandonAsync();
        await engine.Client.Containers.KillAsync(ended.ContainerId, "KILL", Test);
        await using var second = new RuntimeUnderTest(first.Folder);
        (await second.Runtime.ListAsync(Test)).ShouldBeEmpty();
        (await Should.ThrowAsync<EngineException>(() => engine.Client.Containers.InspectAsync(ended.ContainerId, Test))).IsNotFound.ShouldBeTrue();
    }

    [Fact]
    public async Task Engine_AwayWithLiveRestore_ContainersGoOnAndEndsAreKnownAfterwards()
    {
        await using var runtime = new RuntimeUnderTest();
        var survivor = await runtime.StartAsync(Forever);
        var victim = await runtime.StartAsync(Forever);
        var process = (await engine.Client.Containers.InspectAsync(victim.ContainerId, Test)).State!.Pid;
        await RealEngine.ScriptAsync("halt");
        try
        {
            (await Should.ThrowAsync<RuntimeUnavailableException>(() => runtime.Runtime.ListAsync(Test))).Message.ShouldStartWith("engine unreachable at unix:///");
            await Should.ThrowAsync<RuntimeUnavailableException>(() => runtime.StartAsync(Forever));
            System.Diagnostics.Process.GetProcessById(process).Kill();
        }
        finally
        {
            await RealEngine.ScriptAsync("start");
        }

        (await runtime.NextExitAsync()).ContainerId.ShouldBe(victim.ContainerId);
        (await runtime.Runtime.ListAsync(Test)).ShouldHaveSingleItem().ShouldBe(survivor);
    }

    [Fact]
    public async Task Usage_OfARunningContainer_IsWithinItsLimit()
    {
        await using var runtime = new RuntimeUnderTest();
        var started = await runtime.StartAsync("while :; do :; done", new ResourcesSpec { Memory = 64 << 20, Cpus = 0.5 });
        var usage = (await runtime.Runtime.ReadUsageAsync(Test))[started.ContainerId];
        usage.MemoryLimitBytes.ShouldBe(64 << 20);
        usage.MemoryBytes.ShouldBeInRange(1, 64 << 20);
        usage.CpuTime.ShouldBeGreaterThan(TimeSpan.Zero);
    }

    [Fact]
    public async Task Artefact_IsReadOnlyUnderItsName()
    {
        var file = Path.Combine(Directory.CreateTempSubdirectory("orchestrator-artefact-").FullName, "model.pkl");
        await File.WriteAllTextAsync(file, "weights", Test);
        await using var runtime = new RuntimeUnderTest();
        await runtime.StartAsync("busybox sleep 0.3; echo $ORCHESTRATOR_ARTEFACT $(busybox cat $ORCHESTRATOR_ARTEFACT); (echo x >>$ORCHESTRATOR_ARTEFACT) 2>/dev/null || echo refused", artefact: file);
        (await runtime.NextExitAsync()).LastLogLines.ShouldBe(["/artefact/model.pkl weights", "refused"]);
        Directory.Delete(Path.GetDirectoryName(file)!, recursive: true);
    }

    [Fact]
    public async Task Start_ProgramMissing_FailsInTheEnginesWordsAndLeavesNothing()
    {
        await using var runtime = new RuntimeUnderTest();
        var launch = Launches.Of(new ModelVersionSpec { Version = "1", Framework = "custom", Image = RealEngine.Image, Command = ["/no/such/program"] }, instance: "missing");
        (await Should.ThrowAsync<ContainerStartException>(() => runtime.Runtime.StartAsync(launch, Test))).Message.ShouldContain("/no/such/program");
        (await engine.Client.Containers.ListAsync(all: true, new EngineFilters().Add("name", "c-m-1-missing"), Test)).ShouldBeEmpty();
    }

    [Fact]
    public async Task Start_ImageThatCannotBePulled_FailsInTheEnginesWords()
    {
        await using var runtime = new RuntimeUnderTest();
        // Nobody listens on port 1.
        var launch = Launches.Of(new ModelVersionSpec { Version = "1", Framework = "custom", Image = "127.0.0.1:1/nobody/nothing:1" });
        var error = await Should.ThrowAsync<ContainerStartException>(() => runtime.Runtime.PrepareAsync(launch, Launches.Silent, Test));
        error.Message.ShouldStartWith("image '127.0.0.1:1/nobody/nothing:1' is not on the engine and cannot be pulled: ");
        error.Message.ShouldContain("connection refused");
    }

    [Fact]
    public async Task Start_NoGpus_FailsInTheEnginesWords()
    {
        await using var runtime = new RuntimeUnderTest();
        (await Should.ThrowAsync<ContainerStartException>(() => runtime.StartAsync(Forever, new ResourcesSpec { Gpus = 1 }))).Message.ShouldContain("gpu");
    }
}
