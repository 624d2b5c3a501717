using Orchestrator.Control.Probing;
using Orchestrator.Control.Tests.Fakes;
using Orchestrator.Core;
using Orchestrator.Core.Admin;
using Orchestrator.Core.Cluster;
using Orchestrator.Core.Serving;

namespace Orchestrator.Control.Tests.Reconciliation;

public sealed class ScalingTests
{
    private static readonly ModelVersionId Id = new("m", "1");

    private readonly Cluster _cluster = new();

    [Fact]
    public async Task ScaleUp_OldOnesStay()
    {
        await ServeAsync(2);
        var before = _cluster.Ready("1").ToList();

        await _cluster.Plane.ScaleAsync(Id, 4, CancellationToken.None);
        await _cluster.SettleAsync();

        _cluster.Ready("1").Count.ShouldBe(4);
        before.ShouldBeSubsetOf(_cluster.Ready("1"));
    }

    [Fact]
    public async Task ScaleDown_NewestLeavesTheSnapshotAndEndsWhenIdle()
    {
        await ServeAsync(1);
        var oldest = _cluster.Ready("1").Single();
        await _cluster.Plane.ScaleAsync(Id, 2, CancellationToken.None);
        await _cluster.SettleAsync();
        var newest = _cluster.Ready("1").Single(r => r != oldest);
        _cluster.ReplicaReports[newest] = new ReplicaReport { Id = newest, InFlight = 2 };

        await _cluster.Plane.ScaleAsync(Id, 1, CancellationToken.None);
        await _cluster.SettleAsync();
        _cluster.Ready("1").ShouldBe([oldest]);
        _cluster.Runtime.Stops.ShouldBeEmpty();

        _cluster.ReplicaReports.Clear();
        await _cluster.SettleAsync();
        _cluster.Runtime.Running.ShouldHaveSingleItem().Replica.ShouldBe(oldest);
    }

    [Fact]
    public async Task ScaleDown_IdleButFrontendDoesNotKnowYet_KeepsRunning()
    {
        await ServeAsync(2);
        _cluster.FrontendAcknowledges = false;
        await _cluster.Plane.ScaleAsync(Id, 1, CancellationToken.None);
        await _cluster.SettleAsync();
        _cluster.Ready("1").Count.ShouldBe(1);
        _cluster.Runtime.Stops.ShouldBeEmpty();

        _cluster.FrontendAcknowledges = true;
        await _cluster.SettleAsync();

        _cluster.Runtime.Running.Count.ShouldBe(1);
    }

    [Fact]
    public async Task ScaleDown_OneIsNotReady_ThatOneGoes()
    {
        await ServeAsync(2);
        _cluster.Prober.OnProbe = _ => new TaskCompletionSource<ProbeOutcome>().Task;
        _cluster.Crash(_cluster.Ready("1")[0]);
        await _cluster.SettleAsync();
        var healthy = _cluster.Ready("1").Single();

        await _cluster.Plane.ScaleAsync(Id, 1, CancellationToken.None);
        await _cluster.SettleAsync();

        _cluster.Ready("1").ShouldBe([healthy]);
        _cluster.Runtime.Running.Count.ShouldBe(1);
    }

    [Fact]
    public async Task ChangedThreads_ReplicasAreReplacedOneByOneSuccessorFirst()
    {
        await ServeAsync(3);
        var most = 0;
        var least = int.MaxValue;
        _cluster.Runtime.OnStart = _ =>
        {
            most = Math.Max(most, _cluster.Runtime.Running.Count + 1);
            least = Math.Min(least, _cluster.Ready("1").Count);
        };

        await _cluster.ApplyAsync(Cluster.Model("1", Cluster.Version("1", 3) with { Threads = 4 }));
        await _cluster.SettleAsync();
        await _cluster.SettleAsync();

        _cluster.Runtime.Launches.Count.ShouldBe(6);
        most.ShouldBe(4);
        least.ShouldBe(3);
        _cluster.Plane.Status.Settled.ShouldBeTrue();
        _cluster.Served.Models.Single().Versions.Single().Spec.Threads.ShouldBe(4);
    }

    [Fact]
    public async Task ChangedThreads_SuccessorNeverReady_OldOnesGoOn()
    {
        await ServeAsync(2);
        var before = _cluster.Ready("1").ToList();
        _cluster.Prober.OnProbe = _ => Task.FromResult(ProbeOutcome.Unusable("no"));

        await _cluster.ApplyAsync(Cluster.Model("1", Cluster.Version("1", 2) with { Threads = 4 }));
        await _cluster.AdvanceAsync(TimeSpan.FromMinutes(3));

        _cluster.Ready("1").ShouldBe(before);
        _cluster.Plane.Status.Settled.ShouldBeFalse();
    }

    [Fact]
    public async Task ChangedBatching_NothingRestartsAndFrontendsSeeIt()
    {
        await ServeAsync(1);
        var before = _cluster.Ready("1");

        await _cluster.ApplyAsync(Cluster.Model("1", Cluster.Version("1") with { Batching = new BatchingSpec { Policy = "none" } }));
        await _cluster.SettleAsync();

        _cluster.Ready("1").ShouldBe(before);
        _cluster.Served.Models.Single().Versions.Single().Spec.Batching.Policy.ShouldBe("none");
        _cluster.Runtime.Launches.Count.ShouldBe(1);
    }

    [Fact]
    public async Task RemoveModel_LeavesNothing()
    {
        await ServeAsync(2);

        await _cluster.Plane.RemoveModelAsync("m", CancellationToken.None);
        await _cluster.SettleAsync();

        _cluster.Served.Models.ShouldBeEmpty();
        _cluster.Runtime.Running.ShouldBeEmpty();
        _cluster.Observed.Models.ShouldBeEmpty();
        _cluster.Plane.Status.Settled.ShouldBeTrue();
    }

    [Fact]
    public async Task NothingChanges_NothingIsPublished()
    {
        await ServeAsync(2);
        var revision = _cluster.Served.Revision;

        await _cluster.AdvanceAsync(TimeSpan.FromSeconds(30));

        _cluster.Served.Revision.ShouldBe(revision);
    }

    private async Task ServeAsync(int replicas)
    {
        await _cluster.ApplyAsync(Cluster.Model("1", Cluster.Version("1", replicas)));
        await _cluster.SettleAsync();
        _cluster.Ready("1").Count.ShouldBe(replicas);
    }
}
