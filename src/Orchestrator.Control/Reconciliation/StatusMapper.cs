using Orchestrator.Control.Replicas;
using Orchestrator.Control.Rollout;
using Orchestrator.Core;
using Orchestrator.Core.Admin;
using Orchestrator.Core.Cluster;
using Orchestrator.Core.Serving;

namespace Orchestrator.Control.Reconciliation;

/// <summary>All that a status is made from.</summary>
internal sealed record StatusInput
{
    public required DesiredIndex Desired { get; init; }

    public required IReadOnlyDictionary<string, RolloutView> Views { get; init; }

    public required Fleet Fleet { get; init; }

    public required IReadOnlyList<FrontendReport> Reports { get; init; }

    public required long ServingRevision { get; init; }

    public required string Runtime { get; init; }

    public required string? Problem { get; init; }

    /// <summary>Whether it is known what ran before.</summary>
    public required bool Started { get; init; }

    public required TimeSpan Now { get; init; }

    public required DateTimeOffset UtcNow { get; init; }
}

/// <summary>Makes the status that people see.</summary>
internal static class StatusMapper
{
    public static ClusterStatus Map(StatusInput input)
    {
        var reports = input.Reports.SelectMany(r => r.Replicas).GroupBy(r => r.Id).ToDictionary(g => g.Key, Sum);
        var models = input.Desired.Spec.Models.Select(m => MapModel(m, input.Views[m.Name], input, reports)).ToList();
        return new ClusterStatus
        {
            Cluster = input.Desired.Spec.Name,
            Revision = Math.Max(input.Desired.Revision, 0),
            ServingRevision = input.ServingRevision,
            Runtime = input.Runtime,
            Problem = input.Problem,
            Settled = input.Started && input.Views.Values.All(IsSettled),
            Models = models,
            Applications = [.. input.Desired.Spec.Applications.Select(a => new ApplicationStatus { Spec = a, Available = IsAvailable(a, input) })],
        };
    }

    // Every live version has what it shall have, and nothing is on its way in or out.
    private static bool IsSettled(RolloutView view)
    {
        if (view.Spec is not { } spec)
        {
            return false;
        }

        var live = LiveVersions.Of(view);
        return spec.CurrentVersion == view.Observed.ServingVersion && view.Swap is null
            && view.Replicas.All(r => r.Phase == ReplicaPhase.Failed ? !r.NeedsStop : r is { Phase: ReplicaPhase.Ready, Outdated: false, Foreign: false })
            && live.All(v => CountReady(view, v) == spec.FindVersion(v)!.Replicas)
            && view.Replicas.Where(r => r.Phase == ReplicaPhase.Ready).All(r => live.Contains(r.Version));
    }

    private static int CountReady(RolloutView view, string version) =>
        view.Replicas.Count(r => r.Version == version && r.Phase == ReplicaPhase.Ready);

    private static bool IsAvailable(ApplicationSpec application, StatusInput input) =>
        application.Selection.Targets.Any(t => input.Views.GetValueOrDefault(t.Model) is { } view
            && (t.Version ?? view.Observed.ServingVersion) is { } version && CountReady(view, version) > 0);

    private static ModelStatus MapModel(ModelSpec model, RolloutView view, StatusInput input, Dictionary<ReplicaId, ReplicaReport> reports)
    {
        var (state, reason) = StateOf(model, view, input.Fleet);
        var live = LiveVersions.Of(view);
        var previous = view.Observed.PreviousVersion;
        return new ModelStatus
        {
            Name = model.Name,
            CurrentVersion = model.CurrentVersion,
            ServingVersion = view.Observed.ServingVersion,
            PreviousVersion = previous is not null && model.FindVersion(previous) is not null ? previous : null,
            State = state,
            Reason = reason,
            Versions = [.. model.Versions.Select(v => MapVersion(new ModelVersionId(model.Name, v.Version), v, live.Contains(v.Version), input, reports))],
        };
    }

    private static (string State, string? Reason) StateOf(ModelSpec model, RolloutView view, Fleet fleet)
    {
        var current = new ModelVersionId(model.Name, model.CurrentVersion);
        var wanted = model.FindVersion(model.CurrentVersion)?.Replicas ?? 0;
        var ready = CountReady(view, model.CurrentVersion);
        if (view.Observed.ServingVersion != model.CurrentVersion)
        {
            return view.Observed.RolloutFailure is { } failure
                ? ("failed", failure)
                : ("rolling out", ReasonText.WhyFewer(current, ready, wanted, fleet));
        }

        if (ready == 0 && wanted > 0)
        {
            return ("unavailable", ReasonText.WhyNoneReady(current, fleet));
        }

        if (ready < wanted)
        {
            return ("degraded", ReasonText.WhyFewer(current, ready, wanted, fleet));
        }

        return view.Replicas.Any(r => r.Version == model.CurrentVersion && r is { Phase: ReplicaPhase.Ready, Outdated: true })
            ? ("rolling out", "replicas are being replaced one by one")
            : ("serving", null);
    }

    private static VersionStatus MapVersion(ModelVersionId id, ModelVersionSpec spec, bool live, StatusInput input, Dictionary<ReplicaId, ReplicaReport> reports) => new()
    {
        Spec = spec,
        Live = live,
        Signature = input.Fleet.SignatureOf(id),
        Replicas = [.. input.Fleet.Of(id.Model)
            .Where(r => r.Id.ModelVersion == id)
            .OrderBy(r => r.Slot).ThenBy(r => r.Phase)
            .Select(r => MapReplica(r, input, reports.GetValueOrDefault(r.Id)))],
    };

    private static ReplicaStatus MapReplica(Replica replica, StatusInput input, ReplicaReport? report)
    {
        var waits = replica.Phase == ReplicaPhase.Pending && replica.NextAttempt > input.Now;
        return new ReplicaStatus
        {
            Instance = replica.Id.Instance,
            Phase = replica.Phase,
            Reason = replica.Reason ?? replica.Suspicion ?? (waits ? $"waits before restart {replica.Restarts}" : null),
            Since = replica.Since,
            ContainerId = replica.Container?.ContainerId,
            Address = replica.Container?.Address.ToString(),
            Restarts = replica.Restarts,
            NextAttempt = waits ? input.UtcNow + (replica.NextAttempt - input.Now) : null,
            LastLogLines = replica.LastLogLines,
            Report = report,
        };
    }

    // Latency profiles of several frontends cannot be added: the busiest one's is shown.
    private static ReplicaReport Sum(IGrouping<ReplicaId, ReplicaReport> reports)
    {
        var busiest = reports.MaxBy(r => r.Batches)!;
        return reports.Skip(1).Any()
            ? busiest with
            {
                InFlight = reports.Sum(r => r.InFlight),
                ConsecutiveFailures = reports.Max(r => r.ConsecutiveFailures),
                LastFailure = reports.Select(r => r.LastFailure).FirstOrDefault(f => f is not null),
                Batches = reports.Sum(r => r.Batches),
                Rows = reports.Sum(r => r.Rows),
            }
            : busiest;
    }
}
