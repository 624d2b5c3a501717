using Orchestrator.Control.Rollout;
using Orchestrator.Core;
using Orchestrator.Core.Admin;
using Orchestrator.Core.Cluster;
using Orchestrator.Core.Registry;

namespace Orchestrator.Control.Tests.Rollout;

/// <summary>With leases no time limit ends a swap or a drain: only acknowledgements, or the knowledge that nobody is left who could use the old.</summary>
public sealed class LeasedFrontendsTests
{
    private const long Revision = 7;
    private static readonly TimeSpan LongAfter = TimeSpan.FromHours(1);
    private readonly SurgeRolloutPolicy _policy = new(new ControlOptions());

    [Theory]
    [InlineData(false, 0, 0, false)]
    [InlineData(false, 1, Revision, false)]
    [InlineData(true, 1, Revision - 1, false)]
    [InlineData(true, 1, Revision, true)]
    [InlineData(true, 0, 0, true)]
    public void Swap_IsCompleteOnlyWhenEveryFrontendThatMayLiveHasIt(bool complete, int count, long acknowledged, bool expected) =>
        _policy.Decide(View(new FrontendsView(count, acknowledged, complete), [])).OfType<RolloutAction.FinishSwap>().Any().ShouldBe(expected);

    [Theory]
    [InlineData(false, 1, Revision, 0, false)]
    [InlineData(true, 1, Revision - 1, 0, false)]
    [InlineData(true, 1, Revision, 0, true)]
    [InlineData(true, 1, Revision, 3, true)]
    [InlineData(true, 0, 0, 0, true)]
    public void Drain_IsOverOnlyWhenEveryFrontendThatMayLiveLeftTheReplica(bool complete, int count, long acknowledged, int inFlight, bool expected)
    {
        var replica = new ReplicaView
        {
            Id = new ReplicaId(new ModelVersionId("m", "1"), "a"), Slot = 0, Phase = ReplicaPhase.Draining, WasReady = true, DrainRevision = Revision, InFlight = inFlight, NeedsStop = true,
        };
        _policy.Decide(View(new FrontendsView(count, acknowledged, complete), [replica])).OfType<RolloutAction.StopReplica>().Any().ShouldBe(expected);
    }

    [Fact]
    public void Swap_WithoutLeases_EndsByTimeAsBefore() =>
        _policy.Decide(View(new FrontendsView(1, Revision - 1), [])).OfType<RolloutAction.FinishSwap>().ShouldHaveSingleItem();

    private static RolloutView View(FrontendsView frontends, ReplicaView[] replicas) => new()
    {
        Name = "m",
        Spec = new ModelSpec { Name = "m", CurrentVersion = "2", Versions = [new ModelVersionSpec { Version = "1", Framework = "noop" }, new ModelVersionSpec { Version = "2", Framework = "noop" }] },
        Observed = new ModelObservation { ServingVersion = "2", PreviousVersion = "1" },
        Swap = new SwapView("1", Revision, TimeSpan.Zero),
        Replicas = replicas,
        Frontends = frontends,
        Now = LongAfter,
    };
}
