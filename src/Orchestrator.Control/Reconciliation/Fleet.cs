using Orchestrator.Control.Events;
using Orchestrator.Control.Replicas;
using Orchestrator.Control.Rollout;
using Orchestrator.Core;
using Orchestrator.Core.Admin;
using Orchestrator.Core.Serving;

namespace Orchestrator.Control.Reconciliation;

/// <summary>All replicas, and what is remembered of dead ones. Turns what owned tasks and the runtime tell into phases; does no I/O. Only the loop touches it.</summary>
internal sealed class Fleet(EventLog events, LoopClock clock, ControlOptions options)
{
    private readonly ReplicaTable _replicas = new();
    private readonly Dictionary<ModelVersionId, ModelSignature> _signatures = [];

    public IReadOnlyCollection<Replica> Replicas => _replicas.All;

    public IEnumerable<string> Models => _replicas.Models;

    public FailureMemory Failures { get; } = new(clock, options);

    /// <summary>Tasks of replicas whose container is gone by itself; whoever drives the loop ends them.</summary>
    public Queue<ReplicaRun> EndedRuns { get; } = [];

    /// <summary>Whether anything changed since this was last set to false.</summary>
    public bool Changed { get; set; }

    public Replica? Find(ReplicaId id) => _replicas.Find(id);

    public IReadOnlyList<Replica> Of(string model) => _replicas.Of(model);

    public ModelSignature? SignatureOf(ModelVersionId id) => _signatures.GetValueOrDefault(id);

    public void Add(Replica replica)
    {
        replica.Begin(clock.Now, clock.UtcNow);
        _replicas.Add(replica);
        Changed = true;
    }

    public void Remove(ReplicaId id)
    {
        if (_replicas.Remove(id) is { } replica)
        {
            Release(replica);
            Changed = true;
        }
    }

    /// <summary>The spec of the model changed: what failed before says nothing about it.</summary>
    public void ResetBackOff(string model)
    {
        Failures.Reset(model);
        foreach (var replica in Of(model).Where(r => r.Phase == ReplicaPhase.Pending))
        {
            replica.NextAttempt = clock.Now;
        }
    }

    /// <summary>The version is gone or computes something else: what its replicas said of themselves no longer holds.</summary>
    public void ForgetSignature(ModelVersionId id) => _signatures.Remove(id);

    /// <summary>The model is gone, and with it everything known of it.</summary>
    public void Forget(string model)
    {
        foreach (var id in Of(model).Select(r => r.Id).ToList())
        {
            Remove(id);
        }

        Failures.Forget(model);
        foreach (var id in _signatures.Keys.Where(k => k.Model == model).ToList())
        {
            _signatures.Remove(id);
        }

        Changed = true;
    }

    public void Move(Replica replica, ReplicaPhase phase, string? reason = null)
    {
        replica.Move(phase, clock.Now, clock.UtcNow, reason);
        events.Add("replica", replica.Id.ToString(), reason is null ? phase.ToString() : $"{phase}: {reason}");
        Changed = true;
    }

    /// <summary>Takes a message of the replica's run; one that no longer fits the replica's phase is late and means nothing.</summary>
    public void Take(ReplicaMessage message)
    {
        switch (message)
        {
            case ReplicaMessage.Started started when Find(started.Id) is { } replica:
                TakeStarted(replica, started);
                break;
            case ReplicaMessage.Probed probed when Find(probed.Id) is { Phase: ReplicaPhase.Probing } replica:
                TakeProbed(replica, probed);
                break;
            case ReplicaMessage.WarmedUp warmedUp when Find(warmedUp.Id) is { Phase: ReplicaPhase.WarmingUp } replica:
                TakeWarmedUp(replica, warmedUp);
                break;
            case ReplicaMessage.Failed failed when Find(failed.Id) is { } replica && ReplicaLifecycle.IsActive(replica.Phase):
                Fail(replica, failed.Reason, failed.LastLogLines, exitCode: null);
                break;
            case ReplicaMessage.Unhealthy unhealthy when Find(unhealthy.Id) is { Phase: ReplicaPhase.Ready } replica:
                NoteFailure(replica, unhealthy.Reason, exitCode: null);
                replica.DrainFailure = unhealthy.Reason;
                Move(replica, ReplicaPhase.Draining, unhealthy.Reason);
                break;
            case ReplicaMessage.Stopped stopped when Find(stopped.Id) is { } replica:
                TakeStopped(replica, stopped);
                break;
            case ReplicaMessage.Exited exited when Find(exited.Exit.Replica) is { } replica:
                TakeExited(replica, exited);
                break;
            default:
                break;
        }
    }

    /// <summary>Frontends fail with a replica that seems well: it goes on until its successor is Ready, or until they succeed again.</summary>
    public void Suspect(Replica replica, string? why)
    {
        if (why is null)
        {
            if (replica.Suspicion is not null)
            {
                replica.Suspicion = null;
                events.Add("replica", replica.Id.ToString(), "frontends succeed with it again");
                Changed = true;
            }

            return;
        }

        if (replica.Suspicion is null)
        {
            NoteFailure(replica, why, exitCode: null);
            events.Add("replica", replica.Id.ToString(), $"to be replaced: {why}");
            Changed = true;
        }

        replica.Suspicion = why;
    }

    /// <summary>The runtime no longer has its container and never said why.</summary>
    public void Vanished(Replica replica)
    {
        replica.ContainerGone = true;
        EndOrFail(replica, "its container is gone and the runtime did not say why", [], exitCode: null);
    }

    private void TakeStarted(Replica replica, ReplicaMessage.Started started)
    {
        replica.Container = started.Container;
        replica.StartedAt = clock.Now;
        if (replica.Phase == ReplicaPhase.Starting)
        {
            Move(replica, ReplicaPhase.Probing);
        }
    }

    private void TakeProbed(Replica replica, ReplicaMessage.Probed probed)
    {
        var other = Of(replica.Id.ModelVersion.Model)
            .FirstOrDefault(r => r != replica && r.Id.ModelVersion == replica.Id.ModelVersion && r.Phase == ReplicaPhase.Ready && r.Contract is not null);
        if (other is not null && SignatureComparer.Difference(other.Contract!.Signature, probed.Contract.Signature) is { } difference)
        {
            Fail(replica, $"its signature is not that of replica {other.Id.Instance}, which serves the same version: {difference}; replicas of a version must be alike", [], null);
            return;
        }

        replica.Contract = probed.Contract;
        _signatures[replica.Id.ModelVersion] = probed.Contract.Signature;
        Move(replica, ReplicaPhase.WarmingUp);
    }

    private void TakeWarmedUp(Replica replica, ReplicaMessage.WarmedUp warmedUp)
    {
        var contract = replica.Contract!;
        replica.Endpoint = new ReplicaEndpoint
        {
            Id = replica.Id,
            Address = replica.Container!.Address,
            BinaryTensors = contract.BinaryTensors,
            Concurrency = contract.Concurrency ?? replica.Launch.Spec.Concurrency,
            MaxBatchSize = contract.MaxBatchSize,
            WarmUp = warmedUp.Outcome.Latencies,
        };
        Failures.NoteReady(replica.Id.ModelVersion);
        Move(replica, ReplicaPhase.Ready);
        if (warmedUp.Outcome.Warning is { } warning)
        {
            events.Add("replica", replica.Id.ToString(), warning);
        }
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
            Failures.NoteExit(replica.Id.ModelVersion, reason, exitCode);
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
