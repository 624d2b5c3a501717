using Orchestrator.Control.Replicas;
using Orchestrator.Core;
using Orchestrator.Core.Admin;
using Orchestrator.Core.Cluster;
using Orchestrator.Core.Runtime;
using Phase = Orchestrator.Core.Admin.ReplicaPhase;

namespace Orchestrator.Control.Tests.Replicas;

public sealed class ReplicaLifecycleTests
{
    private static readonly HashSet<(ReplicaPhase, ReplicaPhase)> Allowed =
    [
        (Phase.Pending, Phase.Starting), (Phase.Starting, Phase.Probing), (Phase.Probing, Phase.WarmingUp), (Phase.WarmingUp, Phase.Ready), (Phase.Ready, Phase.Draining), (Phase.Draining, Phase.Stopped),
        (Phase.Starting, Phase.Draining), (Phase.Probing, Phase.Draining), (Phase.WarmingUp, Phase.Draining),
        (Phase.Pending, Phase.Failed), (Phase.Starting, Phase.Failed), (Phase.Probing, Phase.Failed), (Phase.WarmingUp, Phase.Failed), (Phase.Ready, Phase.Failed), (Phase.Draining, Phase.Failed),
    ];

    public static TheoryData<ReplicaPhase, ReplicaPhase> AllPairs()
    {
        var data = new TheoryData<ReplicaPhase, ReplicaPhase>();
        foreach (var from in Enum.GetValues<ReplicaPhase>())
        {
            foreach (var to in Enum.GetValues<ReplicaPhase>())
            {
                data.Add(from, to);
            }
        }

        return data;
    }

    [Theory]
    [MemberData(nameof(AllPairs))]
    public void CanMove_EveryPair_IsAsDocumented(ReplicaPhase from, ReplicaPhase to) =>
        ReplicaLifecycle.CanMove(from, to).ShouldBe(Allowed.Contains((from, to)));

    [Fact]
    public void Move_NotAllowed_ThrowsAndStays()
    {
        var id = new ReplicaId(new ModelVersionId("m", "1"), "a");
        var launch = new ContainerLaunch { Cluster = "c", Replica = id, Spec = new ModelVersionSpec { Version = "1", Framework = "noop" }, SpecHash = "h" };
        var replica = new Replica(launch, "i", 0);

        Should.Throw<InvalidOperationException>(() => replica.Move(Phase.Ready, TimeSpan.Zero, DateTimeOffset.UnixEpoch));

        replica.Phase.ShouldBe(Phase.Pending);
    }
}
