using Orchestrator.Control.Replicas;
using Orchestrator.Core.Admin;
using Orchestrator.Core.Cluster;

namespace Orchestrator.Control.Rollout;

/// <summary>
/// Brings the new up before it takes the old down. A new version starts all its replicas beside the serving one, is swapped in when all are Ready, and only
/// when frontends acknowledged the swap the old one drains. Changed settings replace replicas one at a time, successor first.
/// </summary>
internal sealed class SurgeRolloutPolicy(ControlOptions options) : IRolloutPolicy
{
    public string Name => "surge";

    public IReadOnlyList<RolloutAction> Decide(RolloutView view)
    {
        var actions = new List<RolloutAction>();
        var live = LiveVersions.Of(view);
        DecideServing(view, actions);
        foreach (var version in live)
        {
            DecideVersion(view, version, actions);
        }

        DecideUnwanted(view, live, actions);
        DecideEnds(view, actions);
        return actions;
    }

    public TimeSpan? NextDue(RolloutView view)
    {
        var times = view.Replicas
            .Where(r => r.Phase == ReplicaPhase.Pending).Select(r => r.NextAttempt)
            .Concat(view.Replicas.Where(r => r.Phase == ReplicaPhase.Draining && r.DrainRevision is not null).Select(r => DrainDeadline(view, r)));
        if (view.Swap is { Revision: not null } swap)
        {
            times = times.Append(SwapDeadline(view, swap));
        }

        return times.Where(t => t > view.Now).Select(t => (TimeSpan?)t).Min();
    }

    private void DecideServing(RolloutView view, List<RolloutAction> actions)
    {
        if (view.Spec is not { } spec)
        {
            return;
        }

        if (view.Swap is { Revision: { } revision } swap && IsAcknowledged(view, revision, SwapDeadline(view, swap)))
        {
            actions.Add(new RolloutAction.FinishSwap());
        }

        var (wanted, serving) = (spec.CurrentVersion, view.Observed.ServingVersion);
        if (wanted == serving)
        {
            return;
        }

        if (MayServe(view, spec, wanted, serving))
        {
            actions.Add(new RolloutAction.SwapServing(serving, wanted));
        }
        else if (view.Failures.GetValueOrDefault(wanted) is { } history && CountReady(view, wanted) == 0
            && (history.Failures >= options.RolloutFailures || history.Refusals >= options.RolloutRefusals)
            && view.Observed.RolloutFailure != FailureText(wanted, history))
        {
            actions.Add(new RolloutAction.FailRollout(FailureText(wanted, history)));
        }
    }

    private static string FailureText(string version, VersionHistory history) => $"version {version} does not come up: {history.LastReason}";

    // The first version may begin with a part of its replicas, for some answers are better than none; a successor takes over at full strength.
    private static bool MayServe(RolloutView view, ModelSpec spec, string wanted, string? serving)
    {
        var ready = CountReady(view, wanted);
        var full = spec.FindVersion(wanted)?.Replicas ?? 0;
        return full == 0 || ready >= full || (ready > 0 && (serving is null || CountReady(view, serving) == 0));
    }

    private void DecideVersion(RolloutView view, string version, List<RolloutAction> actions)
    {
        var retiring = LiveVersions.IsRetiring(view, version);
        var places = view.Replicas
            .Where(r => r.Version == version && ReplicaLifecycle.IsActive(r.Phase) && !r.Foreign)
            .GroupBy(r => r.Slot)
            .Select(g => new Place(g.Key, [.. g]))
            .OrderByDescending(p => p.Rank).ThenBy(p => p.Slot)
            .ToList();
        var replicas = view.Spec!.FindVersion(version)!.Replicas;
        var wanted = retiring ? Math.Min(places.Count, replicas) : replicas;

        foreach (var excess in places.Skip(wanted).SelectMany(p => p.Replicas))
        {
            Remove(excess, "scaled down", actions);
        }

        var kept = places.Take(wanted).ToList();
        if (retiring)
        {
            return;
        }

        AddMissing(view, version, wanted, kept, actions);
        ReplaceOutdated(view, version, kept, actions);
        actions.AddRange(kept.SelectMany(p => p.Replicas)
            .Where(r => r.Phase == ReplicaPhase.Pending && r.NextAttempt <= view.Now && !r.Outdated)
            .Select(r => new RolloutAction.StartReplica(r.Id)));
    }

    private void AddMissing(RolloutView view, string version, int wanted, List<Place> kept, List<RolloutAction> actions)
    {
        var taken = kept.Select(p => p.Slot).ToHashSet();
        for (var slot = 0; taken.Count < wanted; slot++)
        {
            if (taken.Add(slot))
            {
                actions.Add(Add(view, version, slot));
            }
        }
    }

    private RolloutAction.AddReplica Add(RolloutView view, string version, int slot) =>
        new(version, slot, view.Slots.GetValueOrDefault((version, slot)).NextAttempt(view.Now, options));

    // One place at a time, so that a change of settings never takes more than one extra container, and a bad one never more than that.
    private void ReplaceOutdated(RolloutView view, string version, List<Place> kept, List<RolloutAction> actions)
    {
        var replacing = view.Replicas.Any(r => r.Version == version && r.Phase == ReplicaPhase.Draining)
            || kept.Any(p => p.HasServing && p.Successors.Any(r => r.Phase != ReplicaPhase.Ready) && p.Outdated.Any());
        foreach (var place in kept)
        {
            var successorReady = place.Successors.Any(r => r.Phase == ReplicaPhase.Ready);
            foreach (var old in place.Outdated.Where(r => r.Phase != ReplicaPhase.Ready || successorReady))
            {
                Remove(old, "replaced", actions);
                replacing = true;
            }

            foreach (var extra in place.Successors.OrderByDescending(r => r.Phase).Skip(1))
            {
                Remove(extra, "no longer needed", actions);
            }

            if (!replacing && !place.Successors.Any() && place.Outdated.Any(r => r.Phase == ReplicaPhase.Ready))
            {
                replacing = true;
                actions.Add(Add(view, version, place.Slot));
            }
        }
    }

    private static void DecideUnwanted(RolloutView view, IReadOnlyList<string> live, List<RolloutAction> actions)
    {
        foreach (var replica in view.Replicas.Where(r => ReplicaLifecycle.IsActive(r.Phase) && (r.Foreign || !live.Contains(r.Version))))
        {
            Remove(replica, "no longer wanted", actions);
        }

        if (view.Spec is null && view.Replicas.All(r => ReplicaLifecycle.IsFinal(r.Phase) && !r.NeedsStop))
        {
            actions.Add(new RolloutAction.ForgetModel());
        }
    }

    private void DecideEnds(RolloutView view, List<RolloutAction> actions)
    {
        foreach (var replica in view.Replicas.Where(r => r.NeedsStop))
        {
            var over = replica.Phase == ReplicaPhase.Failed || (replica.Phase == ReplicaPhase.Draining && IsDrained(view, replica));
            if (over)
            {
                actions.Add(new RolloutAction.StopReplica(replica.Id));
            }
        }
    }

    private bool IsDrained(RolloutView view, ReplicaView replica)
    {
        if (!replica.WasReady)
        {
            return true;
        }

        if (replica.DrainRevision is not { } revision)
        {
            return false;
        }

        if (view.Frontends.HaveAll(revision) is { } all)
        {
            return all && (replica.InFlight == 0 || view.Now >= DrainDeadline(view, replica));
        }

        var idle = view.Frontends.Count > 0 && view.Frontends.Acknowledged >= revision && replica.InFlight == 0;
        return idle || view.Now >= DrainDeadline(view, replica);
    }

    private static bool IsAcknowledged(RolloutView view, long revision, TimeSpan deadline) =>
        view.Frontends.HaveAll(revision) ?? ((view.Frontends.Count > 0 && view.Frontends.Acknowledged >= revision) || view.Now >= deadline);

    private TimeSpan SwapDeadline(RolloutView view, SwapView swap) =>
        swap.At + (view.Frontends.Count == 0 ? options.NoFrontendGrace : options.AcknowledgeTimeout);

    private TimeSpan DrainDeadline(RolloutView view, ReplicaView replica)
    {
        var noFrontend = view.Frontends.Count == 0 && options.NoFrontendGrace < options.DrainTimeout;
        return replica.DrainPublishedAt + (noFrontend ? options.NoFrontendGrace : options.DrainTimeout);
    }

    private static int CountReady(RolloutView view, string version) =>
        view.Replicas.Count(r => r.Version == version && r.Phase == ReplicaPhase.Ready && !r.Foreign);

    private static void Remove(ReplicaView replica, string why, List<RolloutAction> actions) =>
        actions.Add(replica.Phase == ReplicaPhase.Pending ? new RolloutAction.ForgetReplica(replica.Id) : new RolloutAction.DrainReplica(replica.Id, why));

    /// <summary>The active replicas that share one slot.</summary>
    private sealed record Place(int Slot, IReadOnlyList<ReplicaView> Replicas)
    {
        public IEnumerable<ReplicaView> Outdated => Replicas.Where(r => r.Outdated);

        public IEnumerable<ReplicaView> Successors => Replicas.Where(r => !r.Outdated);

        public bool HasServing => Replicas.Any(r => r.Phase == ReplicaPhase.Ready);

        /// <summary>Scaling down keeps what is furthest: first Ready and up to date, then Ready, then what comes up.</summary>
        public int Rank => Replicas.Max(r => ((int)r.Phase * 2) + (r.Outdated ? 0 : 1));
    }
}
