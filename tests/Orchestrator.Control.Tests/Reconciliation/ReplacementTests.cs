using Orchestrator.Control.Probing;
using Orchestrator.Control.Tests.Fakes;
using Orchestrator.Core;
using Orchestrator.Core.Admin;
using Orchestrator.Core.Cluster;
using Orchestrator.Core.Runtime;
using Orchestrator.Core.Serving;

namespace Orchestrator.Control.Tests.Reconciliation;

public sealed class ReplacementTests
{
    private readonly Cluster _cluster = new();

    [Fact]
    public async Task Crash_OneOfTwo_LeavesTheSnapshotInTheSamePassAndIsReplacedAtOnce()
    {
        await ServeAsync(replicas: 2);
        var dead = _cluster.Ready("1")[0];
        _cluster.Prober.OnProbe = _ => new TaskCompletionSource<ProbeOutcome>().Task;

        _cluster.Crash(dead);
        await _cluster.PassAsync();

        _cluster.Ready("1").ShouldNotContain(dead);
        _cluster.Ready("1").Count.ShouldBe(1);
        _cluster.Runtime.Launches.Count.ShouldBe(3);
        _cluster.Model().State.ShouldBe("degraded");
        _cluster.Model().Versions.Single().Replicas.Single(r => r.Phase == ReplicaPhase.Failed).Reason.ShouldNotBeNull().ShouldContain("SIGKILL");
    }

    [Fact]
    public async Task Crash_Replaced_IsServedAgainUnderANewId()
    {
        await ServeAsync();
        var dead = _cluster.Ready("1").Single();

        _cluster.Crash(dead);
        await _cluster.SettleAsync();

        var successor = _cluster.Ready("1").ShouldHaveSingleItem();
        successor.ShouldNotBe(dead);
        _cluster.Plane.Status.Settled.ShouldBeTrue();
        _cluster.Model().Versions.Single().Replicas.Single(r => r.Phase == ReplicaPhase.Ready).Restarts.ShouldBe(1);
    }

    [Fact]
    public async Task CrashLoop_EachStartFails_WaitsOneTwoFourSeconds()
    {
        _cluster.Runtime.OnStart = _ => throw new ContainerStartException("no interpreter");
        await _cluster.ApplyAsync(Cluster.Model("1", Cluster.Version("1")));
        await _cluster.SettleAsync();
        _cluster.Runtime.Launches.Count.ShouldBe(2);
        var waits = new List<double>();
        for (var i = 0; i < 8; i++)
        {
            waits.Add(await SecondsUntilNextLaunchAsync());
        }

        waits.ShouldBe([1, 2, 4, 8, 16, 32, 60, 60]);
        _cluster.Model().State.ShouldBe("failed");
        var replicas = _cluster.Model().Versions.Single().Replicas;
        replicas.Count.ShouldBe(2);
        replicas.Single(r => r.Phase == ReplicaPhase.Pending).NextAttempt.ShouldNotBeNull();
        replicas.Single(r => r.Phase == ReplicaPhase.Failed).Reason.ShouldBe("no interpreter");
    }

    [Fact]
    public async Task Crash_AfterLongReady_IsReplacedAtOnceAgain()
    {
        await ServeAsync();
        for (var i = 0; i < 4; i++)
        {
            _cluster.Crash(_cluster.Ready("1").Single());
            await _cluster.SettleAsync();
            _cluster.Ready("1").Count.ShouldBe(1, "restart is immediate");
            await _cluster.AdvanceAsync(_cluster.Options.CrashLoopReset);
        }
    }

    [Fact]
    public async Task Crash_WhileProbing_SaysTheExitsReason()
    {
        _cluster.Prober.OnProbe = _ => new TaskCompletionSource<ProbeOutcome>().Task;
        await _cluster.ApplyAsync(Cluster.Model("1", Cluster.Version("1")));
        await _cluster.SettleAsync();

        var fatal = $"FATAL: '/var/state/artefacts/sha256/{new string('a', 64)}/files/m.pkl' was made with 1.3, this is 1.2: retrain";
        _cluster.Crash(_cluster.Runtime.Running.Single().Replica, 3, "exited with code 3", "loading", fatal);
        await _cluster.PassAsync();

        var failed = _cluster.Model().Versions.Single().Replicas.Single(r => r.Phase == ReplicaPhase.Failed);
        failed.Reason.ShouldBe("'m.pkl' was made with 1.3, this is 1.2: retrain (exited with code 3)");
        failed.LastLogLines.ShouldBe(["loading", fatal]);
    }

    [Fact]
    public async Task Exit_AfterTheWarmUpBrokeOnIt_ExplainsTheFailure()
    {
        _cluster.Prober.OnWarmUp = _ => Task.FromResult(new WarmUpOutcome([], null, "connection reset"));
        _cluster.Runtime.OnStop = _ => new TaskCompletionSource().Task;
        _cluster.WaitForStops = false;
        await _cluster.ApplyAsync(Cluster.Model("1", Cluster.Version("1")));
        await _cluster.PassAsync();
        var first = _cluster.Runtime.Launches[0].Replica;

        _cluster.Crash(first, 139, "killed by signal 11 (SIGSEGV)");
        await _cluster.PassAsync();

        _cluster.Model().Versions.Single().Replicas.Single(r => r.Instance == first.Instance).Reason.ShouldBe("killed by signal 11 (SIGSEGV)");
    }

    [Fact]
    public async Task FailedReplica_SuccessorReadyForLong_IsNoLongerShown()
    {
        await ServeAsync();
        _cluster.Crash(_cluster.Ready("1").Single());
        await _cluster.SettleAsync();
        _cluster.Model().Versions.Single().Replicas.Count.ShouldBe(2);

        await _cluster.AdvanceAsync(_cluster.Options.CrashLoopReset);

        _cluster.Model().Versions.Single().Replicas.ShouldHaveSingleItem().Phase.ShouldBe(ReplicaPhase.Ready);
    }

    [Fact]
    public async Task RuntimeNeverStartsTheContainer_FailsAfterStartupTimeout()
    {
        _cluster.Runtime.StartGate = new TaskCompletionSource().Task;
        await _cluster.ApplyAsync(Cluster.Model("1", Cluster.Version("1")));
        await _cluster.SettleAsync();
        _cluster.Model().Versions.Single().Replicas.Single().Phase.ShouldBe(ReplicaPhase.Starting);

        await _cluster.AdvanceAsync(ModelVersionSpec.DefaultStartupTimeout);

        _cluster.Model().Versions.Single().Replicas.Single(r => r.Phase == ReplicaPhase.Failed).Reason.ShouldNotBeNull().ShouldContain("within startupTimeout (1 min)");
    }

    [Fact]
    public async Task ReportedFailures_ReplicaAlive_SuccessorComesFirst()
    {
        await ServeAsync();
        var failing = _cluster.Ready("1").Single();
        var probe = new TaskCompletionSource<ProbeOutcome>();
        _cluster.Prober.OnProbe = _ => probe.Task;
        _cluster.ReplicaReports[failing] = new ReplicaReport { Id = failing, ConsecutiveFailures = 3, LastFailure = "500 boom" };

        await _cluster.SettleAsync();
        _cluster.Ready("1").ShouldBe([failing]);
        _cluster.Runtime.Running.Count.ShouldBe(2);

        probe.SetResult(ProbeOutcome.Usable(FakeProber.Contract));
        await _cluster.SettleAsync();

        _cluster.Ready("1").ShouldHaveSingleItem().ShouldNotBe(failing);
        _cluster.Runtime.Running.Count.ShouldBe(1);
        _cluster.Model().Versions.Single().Replicas.Single(r => r.Phase == ReplicaPhase.Failed).Reason.ShouldNotBeNull().ShouldContain("500 boom");
    }

    [Fact]
    public async Task ReportedFailures_SucceedsAgainBeforeTheSuccessorIsReady_Stays()
    {
        await ServeAsync();
        var failing = _cluster.Ready("1").Single();
        _cluster.Prober.OnProbe = _ => new TaskCompletionSource<ProbeOutcome>().Task;
        _cluster.ReplicaReports[failing] = new ReplicaReport { Id = failing, ConsecutiveFailures = 3 };
        await _cluster.SettleAsync();

        _cluster.ReplicaReports[failing] = new ReplicaReport { Id = failing, ConsecutiveFailures = 0 };
        await _cluster.SettleAsync();

        _cluster.Ready("1").ShouldBe([failing]);
        _cluster.Runtime.Running.ShouldHaveSingleItem().Replica.ShouldBe(failing);
        _cluster.Plane.Status.Settled.ShouldBeTrue();
    }

    [Fact]
    public async Task ContainerVanished_NoExitSeen_IsReplacedAtTheNextResync()
    {
        await ServeAsync();
        var vanished = _cluster.Runtime.Running.Single();
        _cluster.Runtime.End(vanished.ContainerId, null, "unseen");

        await _cluster.AdvanceAsync(_cluster.Options.ResyncInterval);

        _cluster.Ready("1").ShouldHaveSingleItem().ShouldNotBe(vanished.Replica);
    }

    [Fact]
    public async Task Probe_SignatureDiffersFromTheReadyReplica_Fails()
    {
        await ServeAsync();
        var other = FakeProber.Contract with { Signature = FakeProber.Contract.Signature with { Outputs = [new TensorSignature("y", "INT64", [-1])] } };
        _cluster.Prober.OnProbe = _ => Task.FromResult(ProbeOutcome.Usable(other));

        await _cluster.Plane.ScaleAsync(new ModelVersionId("m", "1"), 2, CancellationToken.None);
        await _cluster.SettleAsync();

        _cluster.Ready("1").Count.ShouldBe(1);
        _cluster.Model().Reason.ShouldNotBeNull().ShouldContain("expected [y FP64[-1]]");
    }

    [Fact]
    public async Task StopFails_IsSaidAndTriedAgain()
    {
        await ServeAsync();
        var stop = true;
        _cluster.Runtime.OnStop = _ => stop ? Task.FromException(new IOException("engine away")) : Task.CompletedTask;
        await _cluster.ApplyAsync();
        await _cluster.SettleAsync();
        _cluster.Plane.Problem.ShouldNotBeNull().ShouldContain("engine away");

        stop = false;
        await _cluster.AdvanceAsync(_cluster.Options.BackOff);

        _cluster.Runtime.Running.ShouldBeEmpty();
        _cluster.Plane.Problem.ShouldBeNull();
        _cluster.Plane.Status.Settled.ShouldBeTrue();
    }

    private async Task ServeAsync(int replicas = 1)
    {
        await _cluster.ApplyAsync(Cluster.Model("1", Cluster.Version("1", replicas)));
        await _cluster.SettleAsync();
        _cluster.Ready("1").Count.ShouldBe(replicas);
    }

    private async Task<double> SecondsUntilNextLaunchAsync()
    {
        var before = _cluster.Runtime.Launches.Count;
        for (var seconds = 0; seconds < 100; seconds++)
        {
            if (_cluster.Runtime.Launches.Count > before)
            {
                return seconds;
            }

            _cluster.Time.Advance(TimeSpan.FromSeconds(1));
            await _cluster.PassAsync();
        }

        return double.NaN;
    }
}
