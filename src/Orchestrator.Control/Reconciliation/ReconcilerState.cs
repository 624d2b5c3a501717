using Orchestrator.Control.Desired;
using Orchestrator.Control.Events;
using Orchestrator.Control.Rollout;
using Orchestrator.Core;
using Orchestrator.Core.Cluster;
using Orchestrator.Core.Registry;
using Orchestrator.Core.Serving;

namespace Orchestrator.Control.Reconciliation;

/// <summary>All that the loop knows, in one place. Only the loop touches it.</summary>
internal sealed class ReconcilerState(Fleet fleet, ObservedStore observed, LoopClock clock)
{
    public Fleet Fleet { get; } = fleet;

    public ObservedStore Observed { get; } = observed;

    /// <summary>What is wanted; revision -1 before it was read.</summary>
    public DesiredIndex Desired { get; set; } = new(-1, ClusterSpec.Empty);

    /// <summary>What containers use.</summary>
    public UsageTable Usage { get; } = new();

    public IReadOnlyList<FrontendReport> Reports { get; set; } = [];

    /// <summary>See <see cref="IFrontendReports.IsComplete"/>, as of the reports.</summary>
    public bool? AreReportsComplete { get; set; }

    /// <summary>Swaps that frontends still have to acknowledge, by model.</summary>
    public Dictionary<string, SwapView> Swaps { get; } = [];

    /// <summary>Whether it is known what ran before this control plane did; until then nothing is started or stopped.</summary>
    public bool Adopted { get; set; }

    /// <summary>Takes a new revision. A snapshot of the same one changes nothing: keeping the instance keeps references equal, and with them nothing to publish.</summary>
    public void TakeDesired(RegistrySnapshot snapshot, EventLog events)
    {
        var before = Desired;
        if (snapshot.Revision == before.Revision)
        {
            return;
        }

        Desired = new DesiredIndex(snapshot.Revision, snapshot.Desired);
        Fleet.Changed = true;
        if (before.Revision < 0)
        {
            // Later nobody else writes it, and what is in memory is at least as new.
            Observed.Begin(snapshot.Observed);
            return;
        }

        foreach (var line in SpecDiff.Lines(before.Spec, snapshot.Desired))
        {
            events.Add("desired", snapshot.Desired.Name, $"revision {snapshot.Revision}: {line}");
        }

        foreach (var id in before.Versions.Where(id => Desired.HashesOf(id)?.Identity != before.HashesOf(id)!.Identity))
        {
            Fleet.ForgetSignature(id);
        }

        foreach (var model in snapshot.Desired.Models.Where(m => before.FindModel(m.Name) is not { } old || !SpecComparer.Equal(old, m)))
        {
            Fleet.ResetBackOff(model.Name);
            Observed.Change(model.Name, o => o with { RolloutFailure = null });
        }
    }

    /// <summary>What a policy decides on, per model: those wanted, those observed and those that run.</summary>
    public Dictionary<string, RolloutView> MakeViews()
    {
        var frontends = new FrontendsView(Reports.Count, Reports.Count == 0 ? 0 : Reports.Min(r => r.AcknowledgedRevision), AreReportsComplete);
        var inFlight = Reports.SelectMany(r => r.Replicas).GroupBy(r => r.Id).ToDictionary(g => g.Key, g => g.Sum(r => r.InFlight));
        var now = clock.Now;
        return Desired.Spec.Models.Select(m => m.Name)
            .Concat(Observed.State.Models.Keys)
            .Concat(Fleet.Models)
            .Distinct()
            .ToDictionary(name => name, name => MakeView(name, frontends, inFlight, now));
    }

    private RolloutView MakeView(string model, FrontendsView frontends, Dictionary<ReplicaId, int> inFlight, TimeSpan now) => new()
    {
        Name = model,
        Spec = Desired.FindModel(model),
        Observed = Observed.Of(model),
        Pinned = Desired.PinnedOf(model),
        Swap = Swaps.GetValueOrDefault(model),
        Replicas = [.. Fleet.Of(model).Select(r => MakeView(r, inFlight.GetValueOrDefault(r.Id), now))],
        Slots = Fleet.Failures.SlotsOf(model),
        Failures = Fleet.Failures.VersionsOf(model),
        Frontends = frontends,
        Now = now,
    };

    private ReplicaView MakeView(Replicas.Replica replica, int inFlight, TimeSpan now)
    {
        var hashes = Desired.HashesOf(replica.Id.ModelVersion);
        return new ReplicaView
        {
            Id = replica.Id,
            Slot = replica.Slot,
            Phase = replica.Phase,
            Outdated = replica.Suspicion is not null || (hashes is not null && hashes.Launch != replica.Launch.SpecHash),
            Foreign = hashes is not null && hashes.Identity != replica.IdentityHash,
            NextAttempt = replica.NextAttempt,
            WasReady = replica.WasReady,
            DrainRevision = replica.DrainRevision,
            DrainPublishedAt = replica.DrainPublishedAt,
            InFlight = inFlight,
            NeedsStop = replica.NeedsStop(now),
        };
    }
}
