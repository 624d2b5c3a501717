using Orchestrator.Control.Tests.Fakes;
using Orchestrator.Core.Admin;
using Orchestrator.Core.Cluster;
using Orchestrator.Core.Cluster.Validation;

namespace Orchestrator.Control.Tests.Desired;

/// <summary>A file that is right by itself and contradicts what is kept beside it, judged by the server's own validator.</summary>
public sealed class KeptMistakesTests
{
    private const string WhereUpRefused = "; where orch up refused to start, orch up without -f first)";
    private const string WhatElse = ", or have everything removed that the file does not name (orch up --prune, orch apply without --keep-others).";

    private readonly Cluster _cluster = new();

    public KeptMistakesTests() => _cluster.Check = spec => ClusterSpecValidator.Validate(spec, new ValidationContext { FindArtefactProblem = _ => null });

    [Fact]
    public async Task ViewOfAKeptApplication_SaysSo_AndWhatToDo()
    {
        await PutAsync(new ClusterSpec { Models = [Cluster.Model("1", Cluster.Version("1"))], Applications = [Application("hers", "id")] });

        var mistake = await RefusedAsync(new ClusterSpec { Models = [Cluster.Model("2", Cluster.Version("2"))], Applications = [Application("ours", "name")] });

        (mistake.Kept, mistake.Path).ShouldBe(("application hers", "features.views[0]"));
        mistake.Message.ShouldStartWith("view 'people' reads the same records as applications[0].features.views[0], but its entity keys differ;");
        mistake.Message.ShouldEndWith(". The file does not name application hers, which is kept from before: change or remove it first (orch app remove hers" + WhereUpRefused + WhatElse);
        mistake.ToString().ShouldStartWith("application hers (kept, not in the file): features.views[0]: view 'people'");
    }

    [Fact]
    public async Task KeptModel_SaysSo()
    {
        await PutAsync(new ClusterSpec { Models = [Cluster.Model("1", Custom("1")) with { Name = "hers" }] });

        var mistake = await RefusedAsync(new ClusterSpec { Runtime = "docker", Models = [Cluster.Model("1", Cluster.Version("1"))] });

        (mistake.Kept, mistake.Path).ShouldBe(("model hers", "versions[0].image"));
        mistake.Message.ShouldEndWith("(orch model remove hers" + WhereUpRefused + WhatElse);
    }

    [Fact]
    public async Task VersionKeptForAKeptApplication_SaysSo()
    {
        await PutAsync(new ClusterSpec { Models = [Cluster.Model("1", Custom("1"))], Applications = [Application("hers", "id", "1")] });

        var mistake = await RefusedAsync(new ClusterSpec { Runtime = "docker", Models = [Cluster.Model("2", Cluster.Version("2"))] });

        (mistake.Kept, mistake.Path).ShouldBe(("version 1 of model m", "image"));
        mistake.Message.ShouldEndWith("(orch model remove m:1" + WhereUpRefused + WhatElse);
    }

    [Fact]
    public async Task MistakeOfTheFileBesideWhatIsKept_StaysTheFiles()
    {
        await PutAsync(new ClusterSpec { Models = [Cluster.Model("1", Cluster.Version("1"))], Applications = [Application("hers", "id")] });
        SpecError[] mistakes = [new("applications[0].slo", "no"), new("models[0].versions[0]", "no"), new("runtime", "no")];
        _cluster.Check = spec => spec.Applications.Count == 1 ? [] : mistakes;

        var outcome = await _cluster.Plane.ApplyAsync(
            new ClusterSpec { Models = [Cluster.Model("2", Cluster.Version("2"))], Applications = [Application("ours", "id")] }, ApplyMode.KeepOthers, CancellationToken.None);

        outcome.Error.ShouldNotBeNull().Details.ShouldBe(mistakes);
    }

    private async Task PutAsync(ClusterSpec spec) => (await _cluster.Plane.ApplyAsync(spec, ApplyMode.Whole, CancellationToken.None)).Error.ShouldBeNull();

    private async Task<SpecError> RefusedAsync(ClusterSpec file)
    {
        var outcome = await _cluster.Plane.ApplyAsync(file, ApplyMode.KeepOthers, CancellationToken.None);
        outcome.Kind.ShouldBe(ChangeKind.Invalid);
        return outcome.Error.ShouldNotBeNull().Details.ShouldHaveSingleItem();
    }

    private static ModelVersionSpec Custom(string version) => Cluster.Version(version) with { Framework = "custom", Command = ["serve"] };

    private static ApplicationSpec Application(string name, string key, string? version = null) => new()
    {
        Name = name,
        Slo = new SloSpec { Latency = TimeSpan.FromMilliseconds(20) },
        Selection = new SelectionSpec { Targets = [new SelectionTarget { Model = "m", Version = version }] },
        Features = new FeaturesSpec { Views = [new FeatureViewSpec { Name = "people", Entity = [new EntityKeySpec { Name = key, Type = "string" }], Features = [new FeatureSpec { Name = "x", Type = "double" }] }] },
    };
}
