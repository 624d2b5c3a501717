using Orchestrator.Control.Replicas;
using Orchestrator.Control.Rollout;
using Orchestrator.Core;
using Orchestrator.Core.Admin;
using Orchestrator.Core.Cluster;
using Orchestrator.Core.Serving;

namespace Orchestrator.Control.Reconciliation;

/// <summary>What a status says beside the loop's state.</summary>
/// <param name="Runtime">Name of the container runtime.</param>
/// <param name="ServingRevision">Newest serving revision.</param>
/// <param name="Problem">What is wrong beyond single models.</param>
/// <param name="Now">On the loop's clock.</param>
/// <param name="UtcNow">The same moment on the wall.</param>
internal sealed record StatusFacts(string Runtime, long ServingRevision, string? Problem, TimeSpan Now, DateTimeOffset UtcNow);

/// <summary>Makes the status that people see.</summary>
internal static class StatusMapper
{
    public static ClusterStatus Map(ReconcilerState state, Dictionary<string, RolloutView> views, StatusFacts facts)
    {
        var reports = state.Reports.SelectMany(r => r.Replicas).GroupBy(r => r.Id).ToDictionary(g => g.Key, Sum);
        var spec = state.Desired.Spec;
        return new ClusterStatus
        {
            Cluster = spec.Name,
            Revision = Math.Max(state.Desired.Revision, 0),
            ServingRevision = facts.ServingRevision,
            AcknowledgedRevision = state.Reports.Count == 0 ? null : state.Reports.Min(r => r.AcknowledgedRevision),
            Runtime = facts.Runtime,
            Problem = facts.Problem,
            Settled = state.Adopted && views.Values.All(IsSettled),
            Models = [.. spec.Models.Select(m => MapModel(m, views[m.Name], state, reports, facts))],
            Applications = [.. spec.Applications.Select(a => new ApplicationStatus { Spec = a, Available = IsAvailable(a, views) })],
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

    private static bool IsAvailable(ApplicationSpec application, Dictionary<string, RolloutView> views) =>
        application.Selection.Targets.Any(t => views.GetValueOrDefault(t.Model) is { } view
            && (t.Version ?? view.Observed.ServingVersion) is { } version && CountReady(view, version) > 0);

    private static ModelStatus MapModel(ModelSpec model, RolloutView view, ReconcilerState loop, Dictionary<ReplicaId, ReplicaReport> reports, StatusFacts facts)
    {
        var (state, reason) = StateOf(model, view, loop.Fleet);
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
            Versions = [.. model.Versions.Select(v => MapVersion(new ModelVersionId(model.Name, v.Version), v, live.Contains(v.Version), loop, reports, facts))],
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

    private static VersionStatus MapVersion(
        ModelVersionId id, ModelVersionSpec spec, bool live, ReconcilerState state, Dictionary<ReplicaId, ReplicaReport> reports, StatusFacts facts) => new()
    {
        Spec = spec,
        Live = live,
        Signature = state.Fleet.SignatureOf(id),
        FailedStarts = state.Fleet.Failures.Of(id)?.Failures ?? 0,
        Replicas = [.. state.Fleet.Of(id.Model)
            .Where(r => r.Id.ModelVersion == id)
            .OrderBy(r => r.Slot).ThenBy(r => r.Phase)
            .Select(r => WithUsage(MapReplica(r, state.Fleet, facts, reports.GetValueOrDefault(r.Id)), r.ContainerGone ? null : state.Usage.Of(r.Container?.ContainerId)))],
    };

    private static ReplicaStatus WithUsage(ReplicaStatus status, UsageView? view) => view is null
        ? status
        : status with { Cpus = view.Cpus, MemoryBytes = view.Usage.MemoryBytes, MemoryLimitBytes = view.Usage.MemoryLimitBytes };

    private static ReplicaStatus MapReplica(Replica replica, Fleet fleet, StatusFacts facts, ReplicaReport? report)
    {
        var waits = replica.Phase == ReplicaPhase.Pending && replica.NextAttempt > facts.Now;
        return new ReplicaStatus
        {
            Instance = replica.Id.Instance,
            Phase = replica.Phase,
            Reason = replica.Reason ?? replica.Suspicion ?? (waits ? $"waits before restart {replica.Restarts}" : null),
            Since = replica.Since,
            ContainerId = replica.Container?.ContainerId,
            Image = replica.Container?.Image,
            LastExit = fleet.Failures.LastReasonOf(replica.Id.ModelVersion, replica.Slot),
            Address = replica.Container?.Address.ToString(),
            Restarts = replica.Restarts,
            NextAttempt = waits ? facts.UtcNow + (replica.NextAttempt - facts.Now) : null,
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
