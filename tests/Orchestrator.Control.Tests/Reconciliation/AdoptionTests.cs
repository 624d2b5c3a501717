using Orchestrator.Control.Probing;
using Orchestrator.Control.Tests.Fakes;
using Orchestrator.Core;
using Orchestrator.Core.Cluster;
using Orchestrator.Core.Registry;
using Orchestrator.Core.Serving;

namespace Orchestrator.Control.Tests.Reconciliation;

public sealed class AdoptionTests
{
    private static readonly ModelVersionId Id = new("m", "1");
    private static readonly ModelVersionSpec Spec = Cluster.Version("1");

    private readonly Cluster _cluster = new();

    [Fact]
    public async Task Start_ContainerRunsAsWanted_IsAdopted()
    {
        var found = _cluster.Runtime.AddRunning(new ReplicaId(Id, "old"), SpecHash.Compute(Spec));
        await _cluster.ApplyAsync(Cluster.Model("1", Spec));

        await _cluster.SettleAsync();

        _cluster.Ready("1").ShouldBe([found.Replica]);
        _cluster.Runtime.Launches.ShouldBeEmpty();
        _cluster.Plane.Status.Settled.ShouldBeTrue();
    }

    [Fact]
    public async Task Start_OtherSettingsOtherModelAndOneTooMany_AreStopped()
    {
        _cluster.Runtime.AddRunning(new ReplicaId(Id, "a"), "other hash");
        _cluster.Runtime.AddRunning(new ReplicaId(new ModelVersionId("x", "1"), "b"), SpecHash.Compute(Spec));
        var adopted = _cluster.Runtime.AddRunning(new ReplicaId(Id, "c"), SpecHash.Compute(Spec));
        _cluster.Runtime.AddRunning(new ReplicaId(Id, "d"), SpecHash.Compute(Spec));
        await _cluster.ApplyAsync(Cluster.Model("1", Spec));

        await _cluster.SettleAsync();

        _cluster.Runtime.Running.ShouldHaveSingleItem().ShouldBe(adopted);
    }

    [Fact]
    public async Task Start_ListFails_NothingStartsUntilItWorks()
    {
        _cluster.Runtime.ListError = new IOException("engine away");
        await _cluster.ApplyAsync(Cluster.Model("1", Spec));
        await _cluster.SettleAsync();
        _cluster.Runtime.Launches.ShouldBeEmpty();
        _cluster.Plane.Problem.ShouldNotBeNull().ShouldContain("engine away");

        _cluster.Runtime.ListError = null;
        await _cluster.AdvanceAsync(_cluster.Options.ResyncInterval);

        _cluster.Ready("1").Count.ShouldBe(1);
        _cluster.Plane.Problem.ShouldBeNull();
    }

    [Fact]
    public async Task Resync_ContainerOfNobody_IsStopped()
    {
        await _cluster.ApplyAsync(Cluster.Model("1", Spec));
        await _cluster.SettleAsync();
        var stranger = _cluster.Runtime.AddRunning(new ReplicaId(Id, "stray"), SpecHash.Compute(Spec));

        await _cluster.AdvanceAsync(_cluster.Options.ResyncInterval);

        _cluster.Runtime.Stops.ShouldBe([stranger.ContainerId]);
        _cluster.Ready("1").Count.ShouldBe(1);
    }

    [Fact]
    public async Task Start_FrontendsStillServeWhatRunsFrom_AnEarlierControl_NothingIsTakenFromThemMeanwhile()
    {
        var snapshots = new InMemoryServingSnapshots();
        var cluster = new Cluster(snapshots);
        var found = cluster.Runtime.AddRunning(new ReplicaId(Id, "old"), SpecHash.Compute(Spec));
        await snapshots.PublishAsync(Inherited(found.Replica, found.Address), CancellationToken.None);
        var probe = new TaskCompletionSource<ProbeOutcome>();
        cluster.Prober.OnProbe = _ => probe.Task;
        await cluster.ApplyAsync(Cluster.Model("1", Spec));

        await cluster.SettleAsync();
        cluster.Served.Revision.ShouldBe(41);

        probe.SetResult(ProbeOutcome.Usable(FakeProber.Contract));
        await cluster.SettleAsync();
        cluster.Served.Revision.ShouldBe(42);
        cluster.Ready("1").ShouldBe([found.Replica]);
    }

    [Fact]
    public async Task RegistryWriteFails_ServingGoesOnAndProblemSaysSo()
    {
        await _cluster.ApplyAsync(Cluster.Model("1", Spec));
        _cluster.Registry.WriteError = new RegistryException("disk full");

        await _cluster.SettleAsync();
        _cluster.Served.Models.Single().ServingVersion.ShouldBe("1");
        _cluster.Plane.Status.Problem.ShouldNotBeNull().ShouldContain("disk full");

        _cluster.Registry.WriteError = null;
        await _cluster.SettleAsync();
        _cluster.Plane.Status.Problem.ShouldBeNull();
        _cluster.Observed.Models["m"].ServingVersion.ShouldBe("1");
    }

    [Fact]
    public async Task PublicationFails_NothingThatFrontendsUseIsStopped()
    {
        var snapshots = new BreakableSnapshots();
        var cluster = new Cluster(snapshots);
        await cluster.ApplyAsync(Cluster.Model("1", Spec));
        await cluster.SettleAsync();
        snapshots.Broken = true;

        await cluster.ApplyAsync(Cluster.Model("2", Cluster.Version("2")));
        await cluster.AdvanceAsync(TimeSpan.FromMinutes(10));
        cluster.RunningVersions().ShouldBe(["1", "2"]);
        cluster.Plane.Problem.ShouldNotBeNull().ShouldContain("connection lost");

        snapshots.Broken = false;
        await cluster.SettleAsync();
        cluster.RunningVersions().ShouldBe(["2"]);
        cluster.Plane.Problem.ShouldBeNull();
    }

    private sealed class BreakableSnapshots : IServingSnapshots
    {
        private readonly InMemoryServingSnapshots _inner = new();

        public bool Broken { get; set; }

        public ServingSnapshot Current => _inner.Current;

        public ValueTask PublishAsync(ServingSnapshot snapshot, CancellationToken cancellationToken) =>
            Broken ? throw new IOException("connection lost") : _inner.PublishAsync(snapshot, cancellationToken);

        public Task WaitForChangeAsync(long revision, CancellationToken cancellationToken) => _inner.WaitForChangeAsync(revision, cancellationToken);
    }

    private static ServingSnapshot Inherited(ReplicaId id, Core.Runtime.ContainerAddress address) => new()
    {
        Revision = 41,
        Models =
        [
            new ServedModel
            {
                Name = "m",
                ServingVersion = "1",
                Versions = [new ServedVersion { Spec = Spec, Replicas = [new ReplicaEndpoint { Id = id, Address = address }] }],
            },
        ],
    };
}
