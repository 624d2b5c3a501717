using Orchestrator.Control.Tests.Fakes;
using Orchestrator.Core.Admin;
using Orchestrator.Core.Cluster;
using Orchestrator.Core.Runtime;

namespace Orchestrator.Control.Tests.Reconciliation;

/// <summary>Runtimes that have an engine behind them: it may be away, it fetches images, its containers outlive us and are measured.</summary>
public sealed class EngineTests
{
    private readonly Cluster _cluster = new();

    private ReplicaStatus Only => _cluster.Model().Versions[0].Replicas.ShouldHaveSingleItem();

    [Fact]
    public async Task EngineAway_WhatRunsGoesOn_StatusSaysSoAndItRecovers()
    {
        await _cluster.ApplyAsync(Cluster.Model("1", Cluster.Version("1", 2)));
        await _cluster.SettleAsync();
        var ready = _cluster.Ready("1");
        _cluster.Runtime.ListError = new RuntimeUnavailableException("engine unreachable at unix:///x");
        await _cluster.AdvanceAsync(_cluster.Options.ResyncInterval);
        _cluster.Plane.Status.Problem.ShouldBe("engine unreachable at unix:///x; nothing can be started or stopped until it answers again");
        _cluster.Ready("1").ShouldBe(ready);
        _cluster.Runtime.Stops.ShouldBeEmpty();
        _cluster.Runtime.ListError = null;
        await _cluster.AdvanceAsync(_cluster.Options.UnavailableRetry);
        _cluster.Plane.Status.Problem.ShouldBeNull();
        _cluster.Ready("1").ShouldBe(ready);
    }

    [Fact]
    public async Task EngineAway_AtAStart_WaitsLongerThanAnyTimeoutWithoutAFailureAndStartsWhenItIsBack()
    {
        _cluster.Runtime.OnStart = _ => throw new RuntimeUnavailableException("engine unreachable");
        await _cluster.ApplyAsync(Cluster.Model("1", Cluster.Version("1")));
        await _cluster.SettleAsync();
        for (var waited = TimeSpan.Zero; waited < ModelVersionSpec.DefaultStartupTimeout * 3; waited += _cluster.Options.UnavailableRetry * 10)
        {
            await _cluster.AdvanceAsync(_cluster.Options.UnavailableRetry * 10);
        }

        (Only.Phase, Only.Reason, Only.Restarts).ShouldBe((ReplicaPhase.Starting, "engine unreachable", 0));
        _cluster.Runtime.OnStart = _ => { };
        await _cluster.AdvanceAsync(_cluster.Options.UnavailableRetry);
        (Only.Phase, Only.Reason, Only.Restarts).ShouldBe((ReplicaPhase.Ready, null, 0));
    }

    [Fact]
    public async Task EngineAway_WhenAStartFindsOut_StatusSaysSoBeforeTheNextResync()
    {
        await _cluster.SettleAsync();
        var away = new RuntimeUnavailableException("engine unreachable");
        _cluster.Runtime.OnStart = _ => throw away;
        _cluster.Runtime.ListError = away;
        await _cluster.ApplyAsync(Cluster.Model("1", Cluster.Version("1")));
        await _cluster.SettleAsync();
        _cluster.Plane.Status.Problem.ShouldNotBeNull().ShouldStartWith("engine unreachable");
        _cluster.Runtime.OnStart = _ => { };
        _cluster.Runtime.ListError = null;
        await _cluster.AdvanceAsync(_cluster.Options.UnavailableRetry);
        Only.Phase.ShouldBe(ReplicaPhase.Ready);
    }

    [Fact]
    public async Task ImageFetched_ItsProgressIsShownAndItsTimeIsNotTheModels()
    {
        var fetched = new TaskCompletionSource();
        IProgress<string> progress = null!;
        _cluster.Runtime.OnPrepare = (_, p) => ((progress = p) is null ? Task.CompletedTask : fetched.Task);
        await _cluster.ApplyAsync(Cluster.Model("1", Cluster.Version("1")));
        await _cluster.SettleAsync();
        progress.Report("pulling m: 10 %");
        await _cluster.AdvanceAsync(ModelVersionSpec.DefaultStartupTimeout * 2);
        (Only.Phase, Only.Reason).ShouldBe((ReplicaPhase.Starting, "pulling m: 10 %"));
        fetched.SetResult();
        await _cluster.SettleAsync();
        Only.Phase.ShouldBe(ReplicaPhase.Ready);
    }

    [Fact]
    public async Task ImageMissing_IsAFailureInTheEnginesWordsWithBackOff()
    {
        _cluster.Runtime.OnPrepare = (_, _) => throw new ContainerStartException("image 'm' is not on the engine and cannot be pulled: manifest unknown");
        await _cluster.ApplyAsync(Cluster.Model("1", Cluster.Version("1")));
        await _cluster.SettleAsync();
        _cluster.Model().Reason!.ShouldContain("manifest unknown");
        _cluster.Model().Versions[0].Replicas.ShouldContain(r => r.Phase == ReplicaPhase.Failed && r.Reason!.Contains("manifest unknown"));
    }

    [Fact]
    public async Task GivenUpStart_ThatRunsInTheEnd_IsStopped()
    {
        var gate = new TaskCompletionSource();
        _cluster.Runtime.StartGate = gate.Task;
        await _cluster.ApplyAsync(Cluster.Model("1", Cluster.Version("1")));
        await _cluster.SettleAsync();
        await _cluster.AdvanceAsync(ModelVersionSpec.DefaultStartupTimeout);
        var given = _cluster.Runtime.Launches[0];
        var late = _cluster.Runtime.AddRunning(given.Replica, given.SpecHash);
        await _cluster.AdvanceAsync(_cluster.Options.ResyncInterval);
        _cluster.Runtime.Stops.ShouldContain(late.ContainerId);
    }

    [Theory]
    [InlineData("stop", 0)]
    [InlineData("leave", 2)]
    public async Task Shutdown_AsTheClusterSays_ContainersEndOrLiveOn(string onShutdown, int left)
    {
        var spec = new ClusterSpec { OnShutdown = onShutdown, Models = [Cluster.Model("1", Cluster.Version("1", 2))] };
        (await _cluster.Plane.ApplyAsync(spec, ApplyMode.Whole, CancellationToken.None)).Error.ShouldBeNull();
        await _cluster.SettleAsync();
        await _cluster.Reconciler.StopAllAsync(CancellationToken.None);
        _cluster.Runtime.Running.Count.ShouldBe(left);
    }

    [Fact]
    public async Task Usage_TwoSamples_GiveProcessorsAndMemoryOfTheRunningOnes()
    {
        await _cluster.ApplyAsync(Cluster.Model("1", Cluster.Version("1")));
        await _cluster.SettleAsync();
        var id = Only.ContainerId!;
        _cluster.Runtime.Usage[id] = new ContainerUsage(TimeSpan.FromSeconds(1), 100, 1000);
        await _cluster.AdvanceAsync(_cluster.Options.UsageInterval);
        (Only.Cpus, Only.MemoryBytes, Only.MemoryLimitBytes).ShouldBe((null, 100L, 1000L));
        _cluster.Runtime.Usage[id] = new ContainerUsage(TimeSpan.FromSeconds(1) + (_cluster.Options.UsageInterval * 1.5), 200, null);
        await _cluster.AdvanceAsync(_cluster.Options.UsageInterval);
        (Only.Cpus, Only.MemoryBytes, Only.MemoryLimitBytes).ShouldBe((1.5, 200L, null));
    }

    [Fact]
    public async Task LastExit_OfTheOneBefore_IsShownAtItsSuccessor()
    {
        await _cluster.ApplyAsync(Cluster.Model("1", Cluster.Version("1")));
        await _cluster.SettleAsync();
        _cluster.Crash(_cluster.Ready("1")[0], 137, "out of memory: killed by signal 9 (SIGKILL)");
        await _cluster.SettleAsync();
        _cluster.Model().Versions[0].Replicas.Single(r => r.Phase == ReplicaPhase.Ready).LastExit.ShouldBe("out of memory: killed by signal 9 (SIGKILL)");
    }
}
