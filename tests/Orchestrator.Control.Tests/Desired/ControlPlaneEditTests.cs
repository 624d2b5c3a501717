using Orchestrator.Control.Tests.Fakes;
using Orchestrator.Core;
using Orchestrator.Core.Admin;
using Orchestrator.Core.Cluster;
using Orchestrator.Core.Registry;

namespace Orchestrator.Control.Tests.Desired;

public sealed class ControlPlaneEditTests
{
    private readonly Cluster _cluster = new();

    private static CancellationToken None => CancellationToken.None;

    [Fact]
    public async Task Apply_SameTwice_WritesOnce()
    {
        await _cluster.ApplyAsync(Cluster.Model("1", Cluster.Version("1")));

        var again = await _cluster.Plane.ApplyAsync(new ClusterSpec { Models = [Cluster.Model("1", Cluster.Version("1"))] }, ApplyMode.Whole, None);

        again.Result.ShouldNotBeNull().Changed.ShouldBeFalse();
        again.Result.Revision.ShouldBe(1);
        _cluster.Registry.Writes.ShouldBe(1);
    }

    [Fact]
    public async Task Apply_FileDroppedTheFormerVersion_KeepsItForRollbackAndIsIdempotent()
    {
        await _cluster.ApplyAsync(Cluster.Model("1", Cluster.Version("1")));
        await _cluster.SettleAsync();
        var file = new ClusterSpec { Models = [Cluster.Model("2", Cluster.Version("2"))] };
        await _cluster.Plane.ApplyAsync(file, ApplyMode.Whole, None);

        (await _cluster.Plane.ApplyAsync(file, ApplyMode.Whole, None)).Result!.Changed.ShouldBeFalse();
        await _cluster.SettleAsync();
        (await _cluster.Plane.ApplyAsync(file, ApplyMode.Whole, None)).Result!.Changed.ShouldBeFalse();

        _cluster.Model().Versions.Select(v => (v.Spec.Version, v.Live)).ShouldBe([("2", true), ("1", false)]);
    }

    [Fact]
    public async Task Apply_KeepingOthers_LeavesWhatTheFileDoesNotName_WithTheVersionsItNames()
    {
        await _cluster.ApplyAsync(Cluster.Model("1", Cluster.Version("1"), Cluster.Version("2"), Cluster.Version("3")), Cluster.Model("1", Cluster.Version("1")) with { Name = "other" });
        await _cluster.Plane.PutApplicationAsync(Application("hers", "m", "2"), None);
        await _cluster.Plane.PutApplicationAsync(Application("ours", "other", null), None);
        var file = new ClusterSpec { Models = [Cluster.Model("4", Cluster.Version("4"))], Applications = [Application("ours", "m", null)] };

        var outcome = await _cluster.Plane.ApplyAsync(file, ApplyMode.KeepOthers, None);

        outcome.Error.ShouldBeNull();
        var (_, desired) = await _cluster.Plane.ReadDesiredAsync(None);
        desired.Models.Select(m => m.Name).ShouldBe(["m", "other"]);
        desired.Models[0].CurrentVersion.ShouldBe("4");
        desired.Models[0].Versions.Select(v => v.Version).ShouldBe(["4", "2"]);
        desired.Applications.Select(a => (a.Name, a.Selection.Targets[0].Model, a.Selection.Targets[0].Version)).ShouldBe([("ours", "m", null), ("hers", "m", "2")]);
        (await _cluster.Plane.ApplyAsync(file, ApplyMode.KeepOthers, None)).Result!.Changed.ShouldBeFalse();

        await _cluster.Plane.ApplyAsync(file, ApplyMode.Whole, None);
        (await _cluster.Plane.ReadDesiredAsync(None)).Desired.Models.Single().Versions.Select(v => v.Version).ShouldBe(["4"]);
    }

    [Theory]
    [InlineData(ApplyMode.KeepOthers, "other", "first")]
    [InlineData(ApplyMode.KeepOthers, "m", "second")]
    [InlineData(ApplyMode.Whole, "other", "second")]
    public async Task Apply_FileWithAnotherName_RenamesTheClusterUnlessOthersAreKept(ApplyMode mode, string model, string expected)
    {
        await _cluster.Plane.ApplyAsync(new ClusterSpec { Name = "first", Models = [Cluster.Model("1", Cluster.Version("1"))] }, ApplyMode.KeepOthers, None);
        (await _cluster.Plane.ReadDesiredAsync(None)).Desired.Name.ShouldBe("first", "nothing was there to be kept");

        var file = new ClusterSpec { Name = "second", Models = [new ModelSpec { Name = model, CurrentVersion = "1", Versions = [Cluster.Version("1")] }] };
        (await _cluster.Plane.ApplyAsync(file, mode, None)).Error.ShouldBeNull();

        (await _cluster.Plane.ReadDesiredAsync(None)).Desired.Name.ShouldBe(expected);
    }

    [Fact]
    public async Task Preview_OfANewModel_ListsChangesAndWritesNothing()
    {
        var outcome = await _cluster.Plane.PreviewAsync(new ClusterSpec { Models = [Cluster.Model("1", Cluster.Version("1"))] }, ApplyMode.Whole, new HashSet<string>(), None);

        outcome.Result.ShouldNotBeNull().Changes.ShouldBe(["model m added with version 1, current 1"]);
        _cluster.Registry.Writes.ShouldBe(0);
    }

    [Fact]
    public async Task Apply_SettingsChange_SaysWhatChanged()
    {
        await _cluster.ApplyAsync(Cluster.Model("1", Cluster.Version("1")));

        var outcome = await _cluster.Plane.ApplyAsync(
            new ClusterSpec { Models = [Cluster.Model("2", Cluster.Version("1", 3) with { StartupTimeout = TimeSpan.FromSeconds(5) }, Cluster.Version("2"))] }, ApplyMode.Whole, None);

        outcome.Result.ShouldNotBeNull().Changes.ShouldBe(
        [
            "model m: version 1: replicas 1 -> 3, startupTimeout 1min -> 5s",
            "model m: version 2 added",
            "model m: currentVersion 1 -> 2",
        ]);
    }

    [Fact]
    public async Task Apply_Mistakes_AreAllReportedAndNothingIsWritten()
    {
        _cluster.Mistakes.AddRange([new SpecError("a", "first"), new SpecError("b", "second")]);

        var outcome = await _cluster.Plane.ApplyAsync(new ClusterSpec { Models = [Cluster.Model("1", Cluster.Version("1"))] }, ApplyMode.Whole, None);

        outcome.Kind.ShouldBe(ChangeKind.Invalid);
        outcome.Error.ShouldNotBeNull().Details.Count.ShouldBe(2);
        _cluster.Registry.Writes.ShouldBe(0);
    }

    [Fact]
    public async Task Deploy_SameVersionOtherContent_IsConflict()
    {
        await _cluster.ApplyAsync(Cluster.Model("1", Cluster.Version("1")));

        var outcome = await _cluster.Plane.DeployAsync("m", new DeployRequest(Cluster.Version("1") with { Framework = "sklearn" }), None);

        outcome.Kind.ShouldBe(ChangeKind.Conflict);
        outcome.Error.ShouldNotBeNull().Error.ShouldContain("framework (noop, not sklearn)");
    }

    [Fact]
    public async Task Deploy_NewModelThenNewVersion_BecomesCurrent()
    {
        (await _cluster.Plane.DeployAsync("m", new DeployRequest(Cluster.Version("1")), None)).Kind.ShouldBe(ChangeKind.Applied);
        (await _cluster.Plane.DeployAsync("m", new DeployRequest(Cluster.Version("2")), None)).Kind.ShouldBe(ChangeKind.Applied);

        var (_, desired) = await _cluster.Plane.ReadDesiredAsync(None);

        desired.Models.Single().CurrentVersion.ShouldBe("2");
        desired.Models.Single().Versions.Select(v => v.Version).ShouldBe(["1", "2"]);
    }

    [Fact]
    public async Task Deploy_NotMadeCurrent_OnlyAdds()
    {
        await _cluster.ApplyAsync(Cluster.Model("1", Cluster.Version("1")));

        await _cluster.Plane.DeployAsync("m", new DeployRequest(Cluster.Version("2"), MakeCurrent: false), None);

        (await _cluster.Plane.ReadDesiredAsync(None)).Desired.Models.Single().CurrentVersion.ShouldBe("1");
    }

    [Fact]
    public async Task Change_AnotherWriterComesFirst_IsDecidedAgainOnWhatItWrote()
    {
        await _cluster.ApplyAsync(Cluster.Model("1", Cluster.Version("1")));
        var others = 0;
        _cluster.Registry.BeforeWrite = () => others++ < 2
            ? _cluster.Registry.WriteAsync(spec => spec with { Models = [spec.Models[0] with { Timeout = TimeSpan.FromSeconds(others + 1) }] })
            : Task.CompletedTask;

        var outcome = await _cluster.Plane.ScaleAsync(new ModelVersionId("m", "1"), 4, None);

        outcome.Result.ShouldNotBeNull().Revision.ShouldBe(4);
        var model = (await _cluster.Plane.ReadDesiredAsync(None)).Desired.Models.Single();
        (model.Timeout, model.Versions[0].Replicas).ShouldBe((TimeSpan.FromSeconds(3), 4));
    }

    [Fact]
    public async Task Change_OthersAlwaysComeFirst_IsConflict()
    {
        await _cluster.ApplyAsync(Cluster.Model("1", Cluster.Version("1")));
        var others = 0;
        _cluster.Registry.BeforeWrite = () => _cluster.Registry.WriteAsync(spec => spec with { Models = [spec.Models[0] with { Timeout = TimeSpan.FromSeconds(++others + 1) }] });

        (await _cluster.Plane.ScaleAsync(new ModelVersionId("m", "1"), 4, None)).Kind.ShouldBe(ChangeKind.Conflict);
    }

    [Fact]
    public async Task Change_DiskFull_IsNotStored()
    {
        _cluster.Registry.WriteError = new RegistryException("disk full");

        var outcome = await _cluster.Plane.DeployAsync("m", new DeployRequest(Cluster.Version("1")), None);

        outcome.Kind.ShouldBe(ChangeKind.NotStored);
        outcome.Error.ShouldNotBeNull().Error.ShouldContain("disk full");
    }

    [Fact]
    public async Task Rollback_NothingServedBefore_IsConflict()
    {
        await _cluster.ApplyAsync(Cluster.Model("1", Cluster.Version("1")));
        await _cluster.SettleAsync();

        (await _cluster.Plane.RollbackAsync("m", null, None)).Kind.ShouldBe(ChangeKind.Conflict);
        (await _cluster.Plane.RollbackAsync("m", null, None)).Error!.Error.ShouldBe("model m has nothing to roll back to: version 1 is its only one");
        (await _cluster.Plane.RollbackAsync("m", "7", None)).Kind.ShouldBe(ChangeKind.Unknown);
        (await _cluster.Plane.RollbackAsync("x", null, None)).Kind.ShouldBe(ChangeKind.Unknown);

        await _cluster.ApplyAsync(Cluster.Model("1", Cluster.Version("1"), Cluster.Version("2"), Cluster.Version("3")));
        (await _cluster.Plane.RollbackAsync("m", null, None)).Error!.Error.ShouldBe("model m has nothing to roll back to: no other version of it has served yet; name one of 2, 3");
    }

    [Fact]
    public async Task Rollback_RolloutNotOver_GoesBackToWhatServes()
    {
        await _cluster.ApplyAsync(Cluster.Model("1", Cluster.Version("1")));
        await _cluster.SettleAsync();
        _cluster.Prober.OnProbe = _ => new TaskCompletionSource<Control.Probing.ProbeOutcome>().Task;
        await _cluster.ApplyAsync(Cluster.Model("2", Cluster.Version("2")));
        await _cluster.SettleAsync();

        await _cluster.Plane.RollbackAsync("m", null, None);
        await _cluster.SettleAsync();

        _cluster.RunningVersions().ShouldBe(["1"]);
        _cluster.Plane.Status.Settled.ShouldBeTrue();
    }

    [Fact]
    public async Task Remove_InUse_IsConflict()
    {
        await _cluster.ApplyAsync(Cluster.Model("2", Cluster.Version("1"), Cluster.Version("2"), Cluster.Version("3")));
        await _cluster.Plane.PutApplicationAsync(Application("a", "1"), None);

        (await _cluster.Plane.RemoveModelAsync("m", None)).Kind.ShouldBe(ChangeKind.Conflict);
        (await _cluster.Plane.RemoveVersionAsync(new ModelVersionId("m", "1"), None)).Kind.ShouldBe(ChangeKind.Conflict);
        (await _cluster.Plane.RemoveVersionAsync(new ModelVersionId("m", "2"), None)).Kind.ShouldBe(ChangeKind.Conflict);
        (await _cluster.Plane.RemoveVersionAsync(new ModelVersionId("m", "3"), None)).Kind.ShouldBe(ChangeKind.Applied);
        (await _cluster.Plane.RemoveVersionAsync(new ModelVersionId("m", "3"), None)).Kind.ShouldBe(ChangeKind.Unknown);
        (await _cluster.Plane.RemoveApplicationAsync("a", None)).Kind.ShouldBe(ChangeKind.Applied);
        (await _cluster.Plane.RemoveApplicationAsync("a", None)).Kind.ShouldBe(ChangeKind.Unknown);
        (await _cluster.Plane.RemoveModelAsync("m", None)).Kind.ShouldBe(ChangeKind.Applied);
    }

    [Fact]
    public async Task Application_NamesAnOldVersion_ThatVersionRuns()
    {
        await _cluster.ApplyAsync(Cluster.Model("2", Cluster.Version("1"), Cluster.Version("2")));
        await _cluster.Plane.PutApplicationAsync(Application("a", "1"), None);
        await _cluster.SettleAsync();
        _cluster.RunningVersions().ShouldBe(["1", "2"]);
        _cluster.Plane.Status.Applications.Single().Available.ShouldBeTrue();

        await _cluster.Plane.PutApplicationAsync(Application("a", null), None);
        await _cluster.SettleAsync();

        _cluster.RunningVersions().ShouldBe(["2"]);
    }

    [Fact]
    public async Task Events_FromTheStart_TellTheLifeOfAReplica()
    {
        await _cluster.ApplyAsync(Cluster.Model("1", Cluster.Version("1")));
        await _cluster.SettleAsync();
        using var stop = new CancellationTokenSource();
        var messages = new List<string>();

        await foreach (var item in _cluster.Plane.WatchEventsAsync(0, stop.Token))
        {
            messages.Add($"{item.Kind} {item.Message}");
            if (item.Kind == "rollout")
            {
                break;
            }
        }

        messages.ShouldBe(["replica Starting", "replica Probing", "replica WarmingUp", "replica Ready", "rollout version 1 serves"]);
    }

    [Fact]
    public async Task ReadLogs_UnknownVersion_IsNull_KnownGivesLinesWithInstance()
    {
        await _cluster.ApplyAsync(Cluster.Model("1", Cluster.Version("1")));
        await _cluster.SettleAsync();
        var container = _cluster.Runtime.Running.Single();
        _cluster.Runtime.Logs[container.ContainerId] = ["one", "two"];

        _cluster.Plane.ReadLogs(new ModelVersionId("m", "9"), null, 10, false, None).ShouldBeNull();
        var lines = new List<ContainerLogLine>();
        await foreach (var line in _cluster.Plane.ReadLogs(new ModelVersionId("m", "1"), null, 10, false, None)!)
        {
            lines.Add(line);
        }

        lines.ShouldBe([new(container.Replica.Instance, "one"), new(container.Replica.Instance, "two")]);
    }

    private static ApplicationSpec Application(string name, string? version) => Application(name, "m", version);

    private static ApplicationSpec Application(string name, string model, string? version) => new()
    {
        Name = name,
        Slo = new SloSpec { Latency = TimeSpan.FromMilliseconds(20) },
        Selection = new SelectionSpec { Targets = [new SelectionTarget { Model = model, Version = version }] },
    };
}
