using Orchestrator.Control.Replicas;
using Orchestrator.Control.Rollout;
using Orchestrator.Core;
using Orchestrator.Core.Admin;
using Orchestrator.Core.Registry;
using Orchestrator.Core.Serving;

namespace Orchestrator.Control.Reconciliation;

// The mechanical half: makes the views a policy decides on, and does what it decided.
internal sealed partial class Reconciler
{
    private Dictionary<string, RolloutView> MakeViews()
    {
        var frontends = new FrontendsView(_reports.Count, _reports.Count == 0 ? 0 : _reports.Min(r => r.AcknowledgedRevision));
        var inFlight = _reports.SelectMany(r => r.Replicas).GroupBy(r => r.Id).ToDictionary(g => g.Key, g => g.Sum(r => r.InFlight));
        return _desired.Spec.Models.Select(m => m.Name)
            .Concat(_observed.Models.Keys)
            .Concat(_fleet.Replicas.Select(r => r.Id.ModelVersion.Model))
            .Distinct()
            .ToDictionary(name => name, name => MakeView(name, frontends, inFlight));
    }

    private RolloutView MakeView(string model, FrontendsView frontends, Dictionary<ReplicaId, int> inFlight) => new()
    {
        Name = model,
        Spec = _desired.Spec.FindModel(model),
        Observed = _observed.Models.GetValueOrDefault(model) ?? new ModelObservation(),
        Pinned = _desired.PinnedOf(model),
        Swap = _swaps.GetValueOrDefault(model),
        Replicas = [.. _fleet.Of(model).Select(r => MakeView(r, inFlight))],
        Slots = _fleet.SlotsOf(model),
        Failures = _fleet.FailuresOf(model),
        Frontends = frontends,
        Now = _clock.Now,
    };

    private ReplicaView MakeView(Replica replica, Dictionary<ReplicaId, int> inFlight)
    {
        var hashes = _desired.HashesOf(replica.Id.ModelVersion);
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
            InFlight = inFlight.GetValueOrDefault(replica.Id),
            NeedsStop = !replica.ContainerGone && !replica.StopRequested && replica.StopNotBefore <= _clock.Now
                && (replica.Container is not null || replica.Phase == ReplicaPhase.Draining),
        };
    }

    private bool Decide(IReadOnlyDictionary<string, RolloutView> views)
    {
        var any = false;
        foreach (var view in views.Values)
        {
            foreach (var action in _policy.Decide(view))
            {
                Execute(view.Name, action);
                any = true;
            }
        }

        return any;
    }

    private void Execute(string model, RolloutAction action)
    {
        switch (action)
        {
            case RolloutAction.AddReplica add:
                _fleet.Add(MakeReplica(NewId(model, add.Version), add.Slot, add.NotBefore));
                break;
            case RolloutAction.StartReplica start when _fleet.Find(start.Id) is { Phase: ReplicaPhase.Pending } replica:
                _fleet.Move(replica, ReplicaPhase.Starting);
                _launcher.Begin(replica, adopted: null);
                break;
            case RolloutAction.ForgetReplica forget when _fleet.Find(forget.Id) is { Phase: ReplicaPhase.Pending }:
                _fleet.Remove(forget.Id);
                break;
            case RolloutAction.DrainReplica drain when _fleet.Find(drain.Id) is { } replica && ReplicaLifecycle.CanMove(replica.Phase, ReplicaPhase.Draining):
                replica.DrainFailure = replica.Suspicion;
                _fleet.Move(replica, ReplicaPhase.Draining, replica.Suspicion ?? drain.Why);
                break;
            case RolloutAction.StopReplica stop when _fleet.Find(stop.Id) is { StopRequested: false } replica:
                _launcher.Stop(replica, _options.StopGrace);
                break;
            case RolloutAction.SwapServing swap:
                Swap(model, swap);
                break;
            case RolloutAction.FinishSwap:
                _swaps.Remove(model);
                _fleet.Changed = true;
                break;
            case RolloutAction.FailRollout fail:
                Observe(model, o => o with { RolloutFailure = fail.Reason });
                _events.Add("rollout", model, $"failed: {fail.Reason}");
                Log.RolloutFailed(_logger, model, fail.Reason);
                break;
            case RolloutAction.ForgetModel:
                _fleet.Forget(model);
                _swaps.Remove(model);
                Unobserve(model);
                break;
            default:
                // The replica moved on within this round; the next round decides on what it is now.
                break;
        }
    }

    private void Swap(string model, RolloutAction.SwapServing swap)
    {
        Observe(model, o => new ModelObservation { ServingVersion = swap.To, PreviousVersion = swap.From ?? o.PreviousVersion });
        _swaps.Remove(model);
        if (swap.From is not null)
        {
            _swaps[model] = new SwapView(swap.From, null, TimeSpan.Zero);
        }

        _events.Add("rollout", model, swap.From is null ? $"version {swap.To} serves" : $"version {swap.To} serves instead of {swap.From}");
        Log.Swapped(_logger, model, swap.To, swap.From ?? "nothing");
    }

    private void Observe(string model, Func<ModelObservation, ModelObservation> change)
    {
        var before = _observed.Models.GetValueOrDefault(model) ?? new ModelObservation();
        var after = change(before);
        if (after != before)
        {
            _observed = new ObservedState { Models = new Dictionary<string, ModelObservation>(_observed.Models) { [model] = after } };
            _observedDirty = true;
            _fleet.Changed = true;
        }
    }

    private void Unobserve(string model)
    {
        var models = new Dictionary<string, ModelObservation>(_observed.Models);
        if (models.Remove(model))
        {
            _observed = new ObservedState { Models = models };
            _observedDirty = true;
        }
    }

    private StatusInput CreateStatusInput(IReadOnlyDictionary<string, RolloutView> views) => new()
    {
        Desired = _desired,
        Views = views,
        Fleet = _fleet,
        Reports = _reports,
        ServingRevision = _publisher.Revision,
        Runtime = _ports.Runtime.Name,
        Problem = Problems.Text,
        Started = _adopted,
        Now = _clock.Now,
        UtcNow = _clock.UtcNow,
    };

    private List<LogSource> LogSources() =>
        [.. _fleet.Replicas.Where(r => r.Container is not null).Select(r => new LogSource(r.Id, r.Container!.ContainerId))];
}
