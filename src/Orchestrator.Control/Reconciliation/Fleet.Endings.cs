using Orchestrator.Control.Replicas;
using Orchestrator.Core.Admin;

namespace Orchestrator.Control.Reconciliation;

// How replicas end, and what is kept of them.
internal sealed partial class Fleet
{
    /// <summary>A failure is shown for as long as it could begin a crash loop; after that it is history.</summary>
    public void ForgetOldFailures()
    {
        var old = Replicas
            .Where(r => r.Phase == ReplicaPhase.Failed && (r.ContainerGone || r.Container is null)
                && clock.Now - r.PhaseAt >= options.CrashLoopReset && Failures.Of(r.Id.ModelVersion) is null)
            .ToList();
        foreach (var replica in old)
        {
            Remove(replica.Id);
        }
    }

    /// <summary>The runtime no longer has its container and never said why.</summary>
    public void Vanished(Replica replica)
    {
        replica.ContainerGone = true;
        EndOrFail(replica, "its container is gone and the runtime did not say why", [], exitCode: null);
    }

    private void TakeStopped(Replica replica, ReplicaMessage.Stopped stopped)
    {
        if (stopped.Error is not null)
        {
            replica.StopRequested = false;
            replica.StopNotBefore = clock.Now + options.BackOff;
            return;
        }

        replica.ContainerGone = true;
        if (replica.Phase == ReplicaPhase.Draining)
        {
            EndDrained(replica);
        }

        Tidy(replica);
    }

    private void TakeExited(Replica replica, ReplicaMessage.Exited exited)
    {
        var exit = exited.Exit;
        if (replica.Container is not null && replica.Container.ContainerId != exit.ContainerId)
        {
            return;
        }

        replica.ContainerGone = true;
        EndOrFail(replica, ExitReason.Of(exit), exit.LastLogLines, exit.ExitCode);
    }

    private void EndOrFail(Replica replica, string reason, IReadOnlyList<string> lines, int? exitCode)
    {
        if (replica.Phase == ReplicaPhase.Draining)
        {
            EndDrained(replica);
        }
        else if (!ReplicaLifecycle.IsFinal(replica.Phase))
        {
            Fail(replica, reason, lines, exitCode);
        }
        else if (replica.Phase == ReplicaPhase.Failed && (!replica.StopRequested || !ExitReason.IsAskedFor(exitCode)))
        {
            // A dying container breaks its connections before its exit is known: the exit says more than the broken connection did, unless it is the end we asked for.
            replica.Reason = reason;
            replica.LastLogLines = lines;
            Failures.NoteExit(replica, reason, exitCode);
            Changed = true;
        }

        Tidy(replica);
    }

    private void EndDrained(Replica replica)
    {
        if (replica.DrainFailure is { } failure)
        {
            Move(replica, ReplicaPhase.Failed, failure);
        }
        else
        {
            Move(replica, ReplicaPhase.Stopped);
        }
    }

    private void Fail(Replica replica, string reason, IReadOnlyList<string> lines, int? exitCode)
    {
        NoteFailure(replica, reason, exitCode);
        replica.LastLogLines = lines;
        Move(replica, ReplicaPhase.Failed, reason);
        Tidy(replica);
    }

    private void NoteFailure(Replica replica, string reason, int? exitCode) =>
        Failures.Note(replica, replica.Phase == ReplicaPhase.Ready ? clock.Now - replica.PhaseAt : TimeSpan.Zero, reason, exitCode);

    /// <summary>Its task is no longer needed; its container, if there is one, is not touched.</summary>
    public void Release(Replica replica)
    {
        if (replica.Run is { } run)
        {
            replica.Run = null;
            EndedRuns.Enqueue(run);
        }
    }

    /// <summary>Stopped replicas are forgotten; of failed ones each version keeps the last, for its reason.</summary>
    private void Tidy(Replica replica)
    {
        if (replica.ContainerGone || replica.Container is null)
        {
            Release(replica);
        }

        if (replica.Phase == ReplicaPhase.Stopped)
        {
            Remove(replica.Id);
            return;
        }

        var over = Of(replica.Id.ModelVersion.Model)
            .Where(r => r.Id.ModelVersion == replica.Id.ModelVersion && r.Phase == ReplicaPhase.Failed && (r.ContainerGone || r.Container is null))
            .Reverse()
            .OrderByDescending(r => r.PhaseAt)
            .Skip(1)
            .ToList();
        foreach (var old in over)
        {
            Remove(old.Id);
        }
    }
}
