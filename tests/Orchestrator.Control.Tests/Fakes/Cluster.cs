using Microsoft.Extensions.Logging.Abstractions;
using Orchestrator.Control.Desired;
using Orchestrator.Control.Reconciliation;
using Orchestrator.Control.Replicas;
using Orchestrator.Control.Rollout;
using Orchestrator.Core;
using Orchestrator.Core.Admin;
using Orchestrator.Core.Cluster;
using Orchestrator.Core.Registry;
using Orchestrator.Core.Serving;

namespace Orchestrator.Control.Tests.Fakes;

/// <summary>A control plane on fakes whose loop a test drives by hand. With a frontend that acknowledges at once, unless told otherwise.</summary>
internal sealed class Cluster
{
    public Cluster(IServingSnapshots? snapshots = null)
    {
        // Continuations must run where a test completes something, not on a context the test framework brought along.
        SynchronizationContext.SetSynchronizationContext(null);
        Snapshots = snapshots ?? new InMemoryServingSnapshots();
        var ports = new ControlPorts(Registry, Artefacts, Runtime, Snapshots, Reports);
        Context = new ReplicaRunContext(Runtime, Prober, Options, Time, NullLogger.Instance, Inbox.Tell);
        Reconciler = new Reconciler(ports, Context, Inbox, new SurgeRolloutPolicy(Options));
        Loop = new ReconcilerLoop(Reconciler, Inbox, ports, Options, Time, NullLogger<ReconcilerLoop>.Instance);
        Plane = new ControlPlane(ports, Validate, Reconciler, Loop);
    }

    public ControlOptions Options { get; } = new();

    public FakeTime Time { get; } = new();

    public FakeRegistry Registry { get; } = new();

    public FakeArtefacts Artefacts { get; } = new();

    public FakeRuntime Runtime { get; } = new();

    public FakeProber Prober { get; } = new();

    public IServingSnapshots Snapshots { get; }

    public InMemoryFrontendReports Reports { get; } = new();

    public ReplicaInbox Inbox { get; } = new();

    public ReplicaRunContext Context { get; }

    public Reconciler Reconciler { get; }

    public ReconcilerLoop Loop { get; }

    public ControlPlane Plane { get; }

    public List<SpecError> Mistakes { get; } = [];

    /// <summary>Instead of <see cref="Mistakes"/>, if set.</summary>
    public Func<ClusterSpec, IReadOnlyList<SpecError>>? Check { get; set; }

    /// <summary>False: the frontend is silent.</summary>
    public bool FrontendAcknowledges { get; set; } = true;

    /// <summary>False where a test holds a stop back.</summary>
    public bool WaitForStops { get; set; } = true;

    /// <summary>What the frontend says of replicas.</summary>
    public Dictionary<ReplicaId, ReplicaReport> ReplicaReports { get; } = [];

    public ServingSnapshot Served => Snapshots.Current;

    public ObservedState Observed => Registry.ReadAsync(CancellationToken.None).AsTask().GetAwaiter().GetResult().Observed;

    public ModelStatus Model(string name = "m") => Plane.Status.Models.Single(m => m.Name == name);

    /// <summary>Passes until nothing more happens without time or the frontend.</summary>
    public async Task SettleAsync()
    {
        for (var i = 0; i < 10; i++)
        {
            await ReportAsync();
            await Reconciler.RunOnceAsync(CancellationToken.None);
            if (WaitForStops)
            {
                await Reconciler.WhenIdleAsync();
            }
        }
    }

    public Task<TimeSpan> PassAsync() => Reconciler.RunOnceAsync(CancellationToken.None);

    public async Task AdvanceAsync(TimeSpan by)
    {
        Time.Advance(by);
        await SettleAsync();
    }

    public async Task ReportAsync()
    {
        if (FrontendAcknowledges)
        {
            await Reports.ReportAsync(
                new FrontendReport { FrontendId = "f", AcknowledgedRevision = Served.Revision, Replicas = [.. ReplicaReports.Values] }, CancellationToken.None);
        }
    }

    public async Task ApplyAsync(params ModelSpec[] models)
    {
        var outcome = await Plane.ApplyAsync(new ClusterSpec { Models = models }, ApplyMode.Whole, CancellationToken.None);
        outcome.Error.ShouldBeNull();
    }

    public void Crash(ReplicaId id, int? exitCode = 137, string reason = "killed by signal 9 (SIGKILL)", params string[] lines)
    {
        var container = Runtime.Running.Single(c => c.Replica == id);
        Inbox.Tell(new ReplicaMessage.Exited(Runtime.End(container.ContainerId, exitCode, reason, lines)));
    }

    /// <summary>Replicas that frontends may call.</summary>
    public IReadOnlyList<ReplicaId> Ready(string version, string model = "m") =>
        [.. Served.Models.Where(m => m.Name == model).SelectMany(m => m.Versions).Where(v => v.Spec.Version == version).SelectMany(v => v.Replicas).Select(r => r.Id)];

    public IEnumerable<string> RunningVersions(string model = "m") =>
        Runtime.Running.Where(c => c.Replica.ModelVersion.Model == model).Select(c => c.Replica.ModelVersion.Version).Order();

    public static ModelSpec Model(string current, params ModelVersionSpec[] versions) =>
        new() { Name = "m", CurrentVersion = current, Versions = versions };

    public static ModelVersionSpec Version(string version, int replicas = 1) => new() { Version = version, Framework = "noop", Replicas = replicas };

    private IReadOnlyList<SpecError> Validate(ClusterSpec spec, IReadOnlySet<string> willUpload) => Check?.Invoke(spec) ?? Mistakes;
}
