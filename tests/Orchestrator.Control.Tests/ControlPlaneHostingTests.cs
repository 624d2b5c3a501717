using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using Orchestrator.Control.Probing;
using Orchestrator.Control.Tests.Fakes;
using Orchestrator.Core.Admin;
using Orchestrator.Core.Artefacts;
using Orchestrator.Core.Cluster;
using Orchestrator.Core.Cluster.Validation;
using Orchestrator.Core.Registry;
using Orchestrator.Core.Runtime;
using Orchestrator.Core.Serving;

namespace Orchestrator.Control.Tests;

/// <summary>The whole plane as a host has it: real clock, real loop, fakes only behind the ports.</summary>
public sealed class ControlPlaneHostingTests
{
    private readonly FakeRuntime _runtime = new();
    private readonly FakeProber _prober = new();

    private static CancellationToken None => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Host_DeployCrashAndStop_ReconcilesByItselfAndLeavesNothing()
    {
        using var host = Build();
        await host.StartAsync(None);
        var plane = host.Services.GetRequiredService<IControlPlane>();
        await plane.DeployAsync("m", new DeployRequest(Cluster.Version("1", 2)), None);
        await UntilAsync(plane, status => status is { Revision: 1, Settled: true });

        var victim = _runtime.Running[0];
        _runtime.End(victim.ContainerId, 137, "killed by signal 9 (SIGKILL)");
        await UntilAsync(plane, status => status.Settled && status.Models[0].Versions[0].Replicas.Any(r => r is { Phase: ReplicaPhase.Ready, Restarts: 1 }));
        host.Services.GetRequiredService<ControlPlane>().IsHealthy.ShouldBeTrue();

        await host.StopAsync(None);

        _runtime.Running.ShouldBeEmpty();
    }

    [Fact]
    public async Task Host_FollowedLogs_IncludeContainersThatStartLater()
    {
        using var host = Build();
        await host.StartAsync(None);
        var plane = host.Services.GetRequiredService<IControlPlane>();
        await plane.DeployAsync("m", new DeployRequest(Cluster.Version("1")), None);
        await UntilAsync(plane, status => status is { Revision: 1, Settled: true });
        _runtime.Logs["c1"] = ["from the first"];
        _runtime.Logs["c2"] = ["from the second"];
        var lines = new List<string>();

        await foreach (var line in plane.ReadLogs(new("m", "1"), null, 10, follow: true, None)!)
        {
            lines.Add(line.Line);
            if (lines.Count == 1)
            {
                await plane.ScaleAsync(new("m", "1"), 2, None);
            }
            else
            {
                break;
            }
        }

        lines.ShouldBe(["from the first", "from the second"]);
        await host.StopAsync(None);
    }

    [Fact]
    public async Task Host_PassesThrow_IsUnhealthyUntilTheyWorkAgain()
    {
        var reports = new BreakableReports();
        using var host = Build(reports);
        var plane = host.Services.GetRequiredService<ControlPlane>();
        reports.Broken = true;
        await host.StartAsync(None);
        await using var events = plane.WatchEventsAsync(0, None).GetAsyncEnumerator(None);
        await UntilAsync(events, "connection lost");
        plane.IsHealthy.ShouldBeFalse();

        reports.Broken = false;
        await UntilAsync(events, "works again");
        plane.IsHealthy.ShouldBeTrue();
        plane.Problem.ShouldBeNull();
        await host.StopAsync(None);
    }

    [Fact]
    public async Task Apply_MistakesInTheFile_AreTheValidators()
    {
        using var host = Build();
        var stray = Cluster.Version("1") with { Framework = "nop", Artefact = new ArtefactSpec { Digest = "sha256:" + new string('0', 64) } };

        var outcome = await host.Services.GetRequiredService<IControlPlane>().ApplyAsync(new ClusterSpec { Models = [Cluster.Model("2", stray)] }, ApplyMode.Whole, None);

        outcome.Kind.ShouldBe(ChangeKind.Invalid);
        outcome.Error.ShouldNotBeNull().Details.Select(d => d.Path)
            .ShouldBe(["models[0].versions[0].framework", "models[0].versions[0].artefact.digest", "models[0].currentVersion"], ignoreOrder: true);
    }

    [Theory]
    [InlineData("0", true)]
    [InlineData("1", false)]
    public async Task Preview_ArtefactThatWouldBeUploaded_CountsAsThereAndNoOtherDoes(string named, bool valid)
    {
        using var host = Build();
        var plane = host.Services.GetRequiredService<IControlPlane>();
        var spec = new ClusterSpec { Models = [Cluster.Model("1", Cluster.Version("1") with { Artefact = new ArtefactSpec { Digest = Digest(named) } })] };

        var outcome = await plane.PreviewAsync(spec, ApplyMode.Whole, new HashSet<string> { Digest("0"), "../x" }, None);

        outcome.Kind.ShouldBe(valid ? ChangeKind.Applied : ChangeKind.Invalid, outcome.Error?.Error);
        outcome.Result?.Changes.ShouldHaveSingleItem().ShouldContain("added");
        outcome.Error?.Error.ShouldContain("is not in the store");
        (await plane.ApplyAsync(spec, ApplyMode.Whole, None)).Kind.ShouldBe(ChangeKind.Invalid);
        (await plane.ReadDesiredAsync(None)).Revision.ShouldBe(0);
        static string Digest(string digit) => "sha256:" + new string(digit[0], 64);
    }

    [Fact]
    public async Task Options_OutOfRangeOrContradicting_FailTheStart()
    {
        using var host = Build(configure: options => (options.HealthFailures, options.BackOff) = (0, TimeSpan.FromMinutes(5)));

        var error = await Should.ThrowAsync<OptionsValidationException>(() => host.StartAsync(None));

        error.Failures.Count().ShouldBe(2);
    }

    private IHost Build(IFrontendReports? reports = null, Action<ControlOptions>? configure = null)
    {
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        builder.Services.AddLogging();
        builder.Services.AddSingleton<IModelRegistry, InMemoryModelRegistry>();
        builder.Services.AddSingleton<IArtefactStore, FakeArtefacts>();
        builder.Services.AddSingleton<IContainerRuntime>(_runtime);
        builder.Services.AddSingleton<IServingSnapshots, InMemoryServingSnapshots>();
        builder.Services.AddSingleton(reports ?? new InMemoryFrontendReports());
        builder.Services.AddSingleton<IReplicaProber>(_prober);
        builder.Services.AddSingleton(provider => ValidationContext.ForServer(["noop"], "process", provider.GetRequiredService<IArtefactStore>()));
        builder.Services.AddControlPlane(configure);
        return builder.Build();
    }

    private static async Task UntilAsync(IControlPlane plane, Func<ClusterStatus, bool> reached)
    {
        while (true)
        {
            var next = plane.WaitForStatusChangeAsync(None);
            if (reached(plane.Status))
            {
                return;
            }

            await next.WaitAsync(TimeSpan.FromSeconds(30), TimeProvider.System, None);
        }
    }

    private static async Task UntilAsync(IAsyncEnumerator<ClusterEvent> events, string message)
    {
        while (await events.MoveNextAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(30), TimeProvider.System, None))
        {
            if (events.Current.Message.Contains(message, StringComparison.Ordinal))
            {
                return;
            }
        }
    }

    private sealed class BreakableReports : IFrontendReports
    {
        public bool Broken { get; set; }

        public ValueTask ReportAsync(FrontendReport report, CancellationToken cancellationToken) => ValueTask.CompletedTask;

        public ValueTask<IReadOnlyList<FrontendReport>> ReadAsync(CancellationToken cancellationToken) =>
            Broken ? throw new IOException("connection lost") : ValueTask.FromResult<IReadOnlyList<FrontendReport>>([]);

        public Task WaitForReportAsync(CancellationToken cancellationToken) => Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, cancellationToken);
    }
}
