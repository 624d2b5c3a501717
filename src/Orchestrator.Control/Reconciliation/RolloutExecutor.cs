using Microsoft.Extensions.Logging;
using Orchestrator.Control.Events;
using Orchestrator.Control.Replicas;
using Orchestrator.Control.Rollout;
using Orchestrator.Core.Admin;
using Orchestrator.Core.Registry;

namespace Orchestrator.Control.Reconciliation;

/// <summary>Does what a policy decided, without a thought of its own. What takes time it hands to the launcher.</summary>
internal sealed partial class RolloutExecutor(
    ReconcilerState state, ReplicaLauncher launcher, ReplicaFactory factory, EventLog events, ControlOptions options, ILogger logger)
{
    public void Execute(string model, RolloutAction action)
    {
        var fleet = state.Fleet;
        switch (action)
        {
            case RolloutAction.AddReplica add:
                fleet.Add(factory.Create(model, add.Version, add.Slot, add.NotBefore));
                break;
            case RolloutAction.StartReplica start when fleet.Find(start.Id) is { Phase: ReplicaPhase.Pending } replica:
                fleet.Move(replica, ReplicaPhase.Starting);
                launcher.Begin(replica, adopted: null);
                break;
            case RolloutAction.ForgetReplica forget when fleet.Find(forget.Id) is { Phase: ReplicaPhase.Pending }:
                fleet.Remove(forget.Id);
                break;
            case RolloutAction.DrainReplica drain when fleet.Find(drain.Id) is { } replica && ReplicaLifecycle.CanMove(replica.Phase, ReplicaPhase.Draining):
                replica.DrainFailure = replica.Suspicion;
                fleet.Move(replica, ReplicaPhase.Draining, replica.Suspicion ?? drain.Why);
                break;
            case RolloutAction.StopReplica stop when fleet.Find(stop.Id) is { StopRequested: false } replica:
                launcher.Stop(replica, options.StopGrace);
                break;
            case RolloutAction.SwapServing swap:
                Swap(model, swap);
                break;
            case RolloutAction.FinishSwap:
                state.Swaps.Remove(model);
                fleet.Changed = true;
                break;
            case RolloutAction.FailRollout fail:
                FailRollout(model, fail);
                break;
            case RolloutAction.ForgetModel:
                fleet.Forget(model);
                state.Swaps.Remove(model);
                state.Observed.Forget(model);
                break;
            default:
                // The replica moved on within this round; the next round decides on what it is now.
                break;
        }
    }

    private void Swap(string model, RolloutAction.SwapServing swap)
    {
        state.Observed.Change(model, o => new ModelObservation { ServingVersion = swap.To, PreviousVersion = swap.From ?? o.PreviousVersion });
        state.Swaps.Remove(model);
        if (swap.From is not null)
        {
            state.Swaps[model] = new SwapView(swap.From, null, TimeSpan.Zero);
        }

        state.Fleet.Changed = true;
        events.Add("rollout", model, swap.From is null ? $"version {swap.To} serves" : $"version {swap.To} serves instead of {swap.From}");
        Log.Swapped(logger, model, swap.To, swap.From ?? "nothing");
    }

    private void FailRollout(string model, RolloutAction.FailRollout fail)
    {
        state.Observed.Change(model, o => o with { RolloutFailure = fail.Reason });
        state.Fleet.Changed = true;
        events.Add("rollout", model, $"failed: {fail.Reason}");
        Log.RolloutFailed(logger, model, fail.Reason);
    }

    private static partial class Log
    {
        [LoggerMessage(EventId = 3131, EventName = "RolloutFailed", Level = LogLevel.Error, Message = "The rollout of model {Model} failed: {Reason}")]
        public static partial void RolloutFailed(ILogger logger, string model, string reason);

        [LoggerMessage(EventId = 3132, EventName = "Swapped", Level = LogLevel.Information, Message = "Model {Model}: version {Version} serves instead of {Former}")]
        public static partial void Swapped(ILogger logger, string model, string version, string former);
    }
}
