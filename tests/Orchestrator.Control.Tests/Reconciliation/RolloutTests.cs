using Orchestrator.Control.Probing;
using Orchestrator.Control.Tests.Fakes;
using Orchestrator.Core;
using Orchestrator.Core.Admin;
using Orchestrator.Core.Serving;

namespace Orchestrator.Control.Tests.Reconciliation;

public sealed class RolloutTests
{
    private readonly Cluster _cluster = new();

    [Fact]
    public async Task FirstDeploy_ReplicasReady_ServesAndSettles()
    {
        await _cluster.ApplyAsync(Cluster.Model("1", Cluster.Version("1", replicas: 2)));

        await _cluster.SettleAsync();

        _cluster.Ready("1").Count.ShouldBe(2);
        _cluster.Served.Models.Single().ServingVersion.ShouldBe("1");
        _cluster.Observed.Models["m"].ServingVersion.ShouldBe("1");
        _cluster.Model().State.ShouldBe("serving");
        _cluster.Plane.Status.Settled.ShouldBeTrue();
    }

    [Fact]
    public async Task Status_ChangeNotYetSeenByAPass_IsNotSettled()
    {
        await ServeVersionOneAsync();
        _cluster.Plane.Status.Settled.ShouldBeTrue();

        await _cluster.ApplyAsync(Cluster.Model("2", Cluster.Version("2")));

        _cluster.Plane.Status.Settled.ShouldBeFalse();
        await _cluster.SettleAsync();
        _cluster.Plane.Status.Settled.ShouldBeTrue();
    }

    [Fact]
    public async Task FirstDeploy_OneOfTwoReady_AlreadyServes()
    {
        var second = new TaskCompletionSource<ProbeOutcome>();
        var probes = 0;
        _cluster.Prober.OnProbe = _ => ++probes == 1 ? Task.FromResult(ProbeOutcome.Usable(FakeProber.Contract)) : second.Task;
        await _cluster.ApplyAsync(Cluster.Model("1", Cluster.Version("1", replicas: 2)));

        await _cluster.SettleAsync();

        _cluster.Served.Models.Single().ServingVersion.ShouldBe("1");
        _cluster.Ready("1").Count.ShouldBe(1);
        _cluster.Model().State.ShouldBe("degraded");
        _cluster.Plane.Status.Settled.ShouldBeFalse();
    }

    [Fact]
    public async Task NewVersion_FrontendNotYetAcknowledged_OldKeepsRunningAndCallable()
    {
        await ServeVersionOneAsync();
        await _cluster.ApplyAsync(Cluster.Model("2", Cluster.Version("2")));
        await _cluster.PassAsync();
        _cluster.FrontendAcknowledges = false;

        await _cluster.SettleAsync();

        _cluster.Served.Models.Single().ServingVersion.ShouldBe("2");
        _cluster.Ready("1").Count.ShouldBe(1);
        _cluster.Runtime.Stops.ShouldBeEmpty();
        _cluster.Plane.Status.Settled.ShouldBeFalse();
    }

    [Fact]
    public async Task NewVersion_SwapAcknowledgedButWorkOut_OldIsNoLongerCallableYetRuns()
    {
        await ServeVersionOneAsync();
        var old = _cluster.Ready("1").Single();
        _cluster.ReplicaReports[old] = new ReplicaReport { Id = old, InFlight = 1 };

        await _cluster.ApplyAsync(Cluster.Model("2", Cluster.Version("2")));
        await _cluster.SettleAsync();

        _cluster.Served.Models.Single().Versions.Select(v => v.Spec.Version).ShouldBe(["2"]);
        _cluster.RunningVersions().ShouldBe(["1", "2"]);

        _cluster.ReplicaReports[old] = new ReplicaReport { Id = old, InFlight = 0 };
        await _cluster.SettleAsync();

        _cluster.RunningVersions().ShouldBe(["2"]);
        _cluster.Plane.Status.Settled.ShouldBeTrue();
        _cluster.Observed.Models["m"].PreviousVersion.ShouldBe("1");
    }

    [Fact]
    public async Task NewVersion_WorkNeverEnds_OldIsStoppedAfterDrainTimeout()
    {
        await ServeVersionOneAsync();
        var old = _cluster.Ready("1").Single();
        _cluster.ReplicaReports[old] = new ReplicaReport { Id = old, InFlight = 1 };
        await _cluster.ApplyAsync(Cluster.Model("2", Cluster.Version("2")));
        await _cluster.SettleAsync();

        await _cluster.AdvanceAsync(_cluster.Options.DrainTimeout - TimeSpan.FromMilliseconds(1));
        _cluster.RunningVersions().ShouldBe(["1", "2"]);

        await _cluster.AdvanceAsync(TimeSpan.FromMilliseconds(1));
        _cluster.RunningVersions().ShouldBe(["2"]);
    }

    [Fact]
    public async Task NewVersion_FrontendNeverAcknowledges_RolloutEndsAfterItsTimeouts()
    {
        await ServeVersionOneAsync();
        await _cluster.ApplyAsync(Cluster.Model("2", Cluster.Version("2")));
        _cluster.FrontendAcknowledges = false;
        await _cluster.SettleAsync();

        await _cluster.AdvanceAsync(_cluster.Options.AcknowledgeTimeout);
        await _cluster.AdvanceAsync(_cluster.Options.DrainTimeout);

        _cluster.RunningVersions().ShouldBe(["2"]);
    }

    [Fact]
    public async Task NewVersion_NoFrontendAtAll_GoesOnAfterGrace()
    {
        var cluster = new Cluster { FrontendAcknowledges = false };
        await cluster.ApplyAsync(Cluster.Model("1", Cluster.Version("1")));
        await cluster.SettleAsync();
        await cluster.ApplyAsync(Cluster.Model("2", Cluster.Version("2")));
        await cluster.SettleAsync();
        cluster.RunningVersions().ShouldBe(["1", "2"]);

        await cluster.AdvanceAsync(cluster.Options.NoFrontendGrace);
        await cluster.AdvanceAsync(cluster.Options.NoFrontendGrace);

        cluster.RunningVersions().ShouldBe(["2"]);
    }

    [Fact]
    public async Task NewVersion_TwoReplicas_SwapsOnlyWhenBothAreReady()
    {
        await ServeVersionOneAsync();
        var second = new TaskCompletionSource<ProbeOutcome>();
        var probes = 0;
        _cluster.Prober.OnProbe = _ => ++probes == 1 ? Task.FromResult(ProbeOutcome.Usable(FakeProber.Contract)) : second.Task;
        await _cluster.ApplyAsync(Cluster.Model("2", Cluster.Version("2", replicas: 2)));
        await _cluster.SettleAsync();
        _cluster.Served.Models.Single().ServingVersion.ShouldBe("1");
        _cluster.Model().State.ShouldBe("rolling out");

        second.SetResult(ProbeOutcome.Usable(FakeProber.Contract));
        await _cluster.SettleAsync();

        _cluster.Served.Models.Single().ServingVersion.ShouldBe("2");
        _cluster.Plane.Status.Settled.ShouldBeTrue();
    }

    [Fact]
    public async Task FailedRollout_ThreeFailures_OldServesAndStateSaysWhy()
    {
        await ServeVersionOneAsync();
        _cluster.Prober.OnProbe = id => Task.FromResult(id.Version == "2" ? ProbeOutcome.Unusable("bad shapes") : ProbeOutcome.Usable(FakeProber.Contract));
        await _cluster.ApplyAsync(Cluster.Model("2", Cluster.Version("2")));
        await _cluster.SettleAsync();
        _cluster.Model().State.ShouldBe("rolling out");

        await _cluster.AdvanceAsync(TimeSpan.FromSeconds(1));

        _cluster.Model().State.ShouldBe("failed");
        _cluster.Model().Versions.Select(v => (v.Spec.Version, v.FailedStarts > 1)).ShouldContain(("2", true));
        _cluster.Model().Reason.ShouldNotBeNull().ShouldContain("bad shapes");
        _cluster.Observed.Models["m"].RolloutFailure.ShouldNotBeNull();
        _cluster.Served.Models.Single().ServingVersion.ShouldBe("1");
        _cluster.Ready("1").Count.ShouldBe(1);
        _cluster.RunningVersions().ShouldBe(["1"]);
    }

    [Fact]
    public async Task FailedRollout_ContainerRefusesTwice_FailsWithItsOwnWords()
    {
        await ServeVersionOneAsync();
        _cluster.Prober.OnProbe = _ => new TaskCompletionSource<ProbeOutcome>().Task;
        await _cluster.ApplyAsync(Cluster.Model("2", Cluster.Version("2")));
        await _cluster.SettleAsync();
        for (var i = 0; i < 2; i++)
        {
            var starting = _cluster.Runtime.Running.Single(c => c.Replica.ModelVersion.Version == "2").Replica;
            _cluster.Crash(starting, 3, "exited with code 3", "hello", "FATAL: no such file, expected a pickle");
            await _cluster.SettleAsync();
        }

        _cluster.Model().State.ShouldBe("failed");
        _cluster.Model().Reason.ShouldNotBeNull().ShouldContain("no such file, expected a pickle");
        _cluster.Model().Versions.Single(v => v.Spec.Version == "2").Replicas
            .Single(r => r.Phase == ReplicaPhase.Failed).LastLogLines.ShouldContain("hello");
    }

    [Fact]
    public async Task FailedRollout_SpecChanges_IsTriedAtOnceAndSucceeds()
    {
        await FailedRollout_ThreeFailures_OldServesAndStateSaysWhy();
        _cluster.Prober.OnProbe = _ => Task.FromResult(ProbeOutcome.Usable(FakeProber.Contract));

        await _cluster.ApplyAsync(Cluster.Model("2", Cluster.Version("2") with { Threads = 2 }));
        await _cluster.SettleAsync();

        _cluster.Served.Models.Single().ServingVersion.ShouldBe("2");
        _cluster.Observed.Models["m"].RolloutFailure.ShouldBeNull();
        _cluster.Plane.Status.Settled.ShouldBeTrue();
    }

    [Fact]
    public async Task Rollback_AfterApplyThatDroppedTheOldVersion_ServesItAgain()
    {
        await ServeVersionOneAsync();
        await _cluster.ApplyAsync(Cluster.Model("2", Cluster.Version("2")));
        await _cluster.SettleAsync();

        var outcome = await _cluster.Plane.RollbackAsync("m", null, CancellationToken.None);
        await _cluster.SettleAsync();

        outcome.Kind.ShouldBe(ChangeKind.Applied);
        _cluster.Served.Models.Single().ServingVersion.ShouldBe("1");
        _cluster.RunningVersions().ShouldBe(["1"]);
        _cluster.Model().PreviousVersion.ShouldBe("2");
    }

    [Fact]
    public async Task Standby_NotCurrent_StaysCallable()
    {
        await _cluster.ApplyAsync(Cluster.Model("2", Cluster.Version("1") with { Standby = true }, Cluster.Version("2")));

        await _cluster.SettleAsync();

        _cluster.Ready("1").Count.ShouldBe(1);
        _cluster.Ready("2").Count.ShouldBe(1);
        _cluster.Plane.Status.Settled.ShouldBeTrue();
    }

    private async Task ServeVersionOneAsync()
    {
        await _cluster.ApplyAsync(Cluster.Model("1", Cluster.Version("1")));
        await _cluster.SettleAsync();
        _cluster.Ready("1").Count.ShouldBe(1);
    }
}
