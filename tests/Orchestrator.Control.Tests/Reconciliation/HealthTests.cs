using Orchestrator.Control.Tests.Fakes;
using Orchestrator.Core.Admin;
using Orchestrator.Core.Serving;

namespace Orchestrator.Control.Tests.Reconciliation;

public sealed class HealthTests
{
    private readonly Cluster _cluster = new();

    [Fact]
    public async Task HungReplica_HealthChecksFail_DrainsStopsAndIsReplaced()
    {
        await ServeAsync();
        var hung = _cluster.Runtime.Running.Single();
        _cluster.Prober.OnCheck = address => address == hung.Address ? "no answer within 2s" : null;

        await _cluster.AdvanceAsync(_cluster.Options.HealthInterval * _cluster.Options.HealthFailures);

        _cluster.Runtime.Stops.ShouldBe([hung.ContainerId]);
        _cluster.Ready("1").ShouldHaveSingleItem().ShouldNotBe(hung.Replica);
        _cluster.Model().Versions.Single().Replicas.Single(r => r.Phase == ReplicaPhase.Failed).Reason.ShouldNotBeNull().ShouldContain("no answer within 2s");
    }

    [Fact]
    public async Task HungReplica_ItsWorkNeverComesBack_IsStoppedAfterDrainTimeoutButReplacedBefore()
    {
        await ServeAsync();
        var hung = _cluster.Runtime.Running.Single();
        _cluster.ReplicaReports[hung.Replica] = new ReplicaReport { Id = hung.Replica, InFlight = 1, Batches = 5 };
        await _cluster.SettleAsync();
        _cluster.Prober.OnCheck = address => address == hung.Address ? "no answer within 2s" : null;

        await _cluster.AdvanceAsync(_cluster.Options.HealthInterval * _cluster.Options.HealthFailures);
        _cluster.Ready("1").ShouldHaveSingleItem().ShouldNotBe(hung.Replica);
        _cluster.Runtime.Running.Count.ShouldBe(2);

        await _cluster.AdvanceAsync(_cluster.Options.DrainTimeout);
        _cluster.Runtime.Running.ShouldHaveSingleItem().Replica.ShouldNotBe(hung.Replica);
    }

    [Fact]
    public async Task HealthCheck_FailsWhileBatchesAreAnswered_ReplicaStaysUntilTheyAreNot()
    {
        await ServeAsync();
        var busy = _cluster.Runtime.Running.Single();
        _cluster.Prober.OnCheck = address => address == busy.Address ? "no answer within 2s" : null;
        for (var batches = 1; batches <= 30; batches++)
        {
            _cluster.ReplicaReports[busy.Replica] = new ReplicaReport { Id = busy.Replica, Batches = batches };
            await _cluster.AdvanceAsync(TimeSpan.FromSeconds(1));
        }

        _cluster.Ready("1").ShouldBe([busy.Replica]);

        await _cluster.AdvanceAsync(_cluster.Options.HealthInterval * _cluster.Options.HealthFailures * 2);
        _cluster.Ready("1").ShouldHaveSingleItem().ShouldNotBe(busy.Replica);
    }

    [Fact]
    public async Task HealthCheck_FailsNowAndThen_ReplicaStays()
    {
        await ServeAsync();
        var checks = 0;
        _cluster.Prober.OnCheck = _ => ++checks % _cluster.Options.HealthFailures == 0 ? null : "503";

        await _cluster.AdvanceAsync(_cluster.Options.HealthInterval * 20);

        _cluster.Runtime.Stops.ShouldBeEmpty();
    }

    private async Task ServeAsync(int replicas = 1)
    {
        await _cluster.ApplyAsync(Cluster.Model("1", Cluster.Version("1", replicas)));
        await _cluster.SettleAsync();
        _cluster.Ready("1").Count.ShouldBe(replicas);
    }
}
