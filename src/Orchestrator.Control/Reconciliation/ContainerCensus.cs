using Orchestrator.Control.Replicas;
using Orchestrator.Core.Admin;
using Orchestrator.Core.Runtime;

namespace Orchestrator.Control.Reconciliation;

/// <summary>Compares what the runtime lists with what is known: adopts at the start; later finds replicas that vanished and containers of nobody.</summary>
internal sealed class ContainerCensus(ReconcilerState state, ReplicaLauncher launcher, ReplicaFactory factory, ProblemBoard problems)
{
    private const string Source = "runtime";

    public void Take(ReplicaMessage.Listed listed)
    {
        if (listed.Containers is not { } containers)
        {
            problems.Set(Source, $"{listed.Error}; nothing can be started or stopped until it answers again");
            return;
        }

        problems.Clear(Source);
        if (state.Adopted)
        {
            Compare(containers, listed.AskedAt);
        }
        else if (state.Desired.Revision >= 0)
        {
            // Not before the registry was read once: without it everything that runs would be a stranger.
            Adopt(containers);
        }
    }

    private void Compare(IReadOnlyList<ContainerInfo> containers, TimeSpan askedAt)
    {
        // A container that started after the question says nothing by its absence.
        var listed = containers.Select(c => c.ContainerId).ToHashSet();
        var vanished = state.Fleet.Replicas
            .Where(r => r.Container is { } c && !r.ContainerGone && !r.StopRequested && r.StartedAt < askedAt && !listed.Contains(c.ContainerId))
            .ToList();
        foreach (var replica in vanished)
        {
            state.Fleet.Vanished(replica);
        }

        foreach (var orphan in containers.Where(c => IsOrphan(state.Fleet.Find(c.Replica))))
        {
            launcher.StopOrphan(orphan);
        }
    }

    // Also one whose start was given up, and which runs in the end all the same.
    private static bool IsOrphan(Replica? replica) => replica is null or { Phase: ReplicaPhase.Failed, Container: null };

    private void Adopt(IReadOnlyList<ContainerInfo> containers)
    {
        state.Adopted = true;
        var plan = AdoptionPlan.Of(containers, state.Desired, state.MakeViews().Values);
        foreach (var (container, slot) in plan.Adopted)
        {
            var replica = factory.Adopt(container, slot);
            state.Fleet.Add(replica);
            state.Fleet.Move(replica, ReplicaPhase.Starting, "adopted");
            launcher.Begin(replica, container);
        }

        foreach (var orphan in plan.Orphans)
        {
            launcher.StopOrphan(orphan);
        }
    }
}
