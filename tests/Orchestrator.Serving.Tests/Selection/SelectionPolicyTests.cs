using Orchestrator.Core;
using Orchestrator.Core.Cluster;
using Orchestrator.Core.Runtime;
using Orchestrator.Core.Serving;
using Orchestrator.Serving.Routing;
using Orchestrator.Serving.Selection;

namespace Orchestrator.Serving.Tests.Selection;

public sealed class SelectionPolicyTests
{
    private static readonly ISelectionPolicy Weighted = SelectionPolicies.Get("weighted");

    [Fact]
    public void Weighted_OverManyPoints_SharesByWeight()
    {
        var candidates = new[] { new SelectionCandidate(Version("1"), 90), new SelectionCandidate(Version("2"), 10) };
        var second = Enumerable.Range(0, 1000).Count(i => Weighted.Select(candidates, i / 1000.0)!.Id.Version == "2");
        second.ShouldBe(100);
    }

    [Fact]
    public void Weighted_TargetWithoutReadyReplica_IsPassedOver()
    {
        var candidates = new[] { new SelectionCandidate(Version("1"), 1), new SelectionCandidate(Version("2", ready: false), 99) };
        Enumerable.Range(0, 100).ShouldAllBe(i => Weighted.Select(candidates, i / 100.0)!.Id.Version == "1");
    }

    [Fact]
    public void Weighted_WeightZero_IsNeverChosen()
    {
        var candidates = new[] { new SelectionCandidate(Version("1"), 0), new SelectionCandidate(Version("2"), 1) };
        Enumerable.Range(0, 100).ShouldAllBe(i => Weighted.Select(candidates, i / 100.0)!.Id.Version == "2");
        Weighted.Select(candidates, Math.BitDecrement(1.0))!.Id.Version.ShouldBe("2");
    }

    [Fact]
    public void Weighted_NobodyWasEverReady_IsNull() => Weighted.Select([new SelectionCandidate(null, 1)], 0.5).ShouldBeNull();

    [Fact]
    public void PointOf_SameKey_SamePoint_AndKeysSpreadEvenly()
    {
        SelectionPolicies.PointOf("app", "user-7").ShouldBe(SelectionPolicies.PointOf("app", "user-7"));
        SelectionPolicies.PointOf("app", "user-7").ShouldNotBe(SelectionPolicies.PointOf("other", "user-7"));
        Enumerable.Range(0, 10_000).Count(i => SelectionPolicies.PointOf("app", $"user-{i}") < 0.3).ShouldBeInRange(2800, 3200);
    }

    private static VersionEntry Version(string name, bool ready = true) => new()
    {
        Id = new ModelVersionId("m", name),
        Spec = new ModelVersionSpec { Version = name, Framework = "noop" },
        Inputs = null,
        Outputs = null,
        Signature = null,
        Reason = null,
        Replicas = ready ? [new ReplicaEndpoint { Id = new ReplicaId(new ModelVersionId("m", name), "a"), Address = new ContainerAddress("127.0.0.1", 1) }] : [],
    };
}
