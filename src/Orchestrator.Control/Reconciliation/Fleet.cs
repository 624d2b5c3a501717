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
    /// <summary>A container that refused its start with one of these can never work as it is launched (docs/container-contract.md).</summary>
    private static readonly int[] RefusalExitCodes = [2, 3];

    /// <summary>How a container ends that was asked to, or killed because it did not.</summary>
    private static readonly int[] StopExitCodes = [0, 128 + 9, 128 + 15];

    private readonly Dictionary<ReplicaId, Replica> _replicas = [];
    private readonly Dictionary<(ModelVersionId Id, int Slot), RestartHistory> _slots = [];
    private readonly Dictionary<ModelVersionId, VersionHistory> _failures = [];
    private readonly Dictionary<ModelVersionId, ModelSignature> _signatures = [];

    public IReadOnlyCollection<Replica> Replicas => _replicas.Values;

    /// <summary>Tasks of replicas whose container is gone by itself; whoever drives the loop ends them.</summary>
    public Queue<ReplicaRun> EndedRuns { get; } = [];

    /// <summary>Whether anything changed since this was last set to false.</summary>
    public bool Changed { get; set; }

    public Replica? Find(ReplicaId id) => _replicas.GetValueOrDefault(id);

    public IEnumerable<Replica> Of(string model) => _replicas.Values.Where(r => r.Id.ModelVersion.Model == model);

    public ModelSignature? SignatureOf(ModelVersionId id) => _signatures.GetValueOrDefault(id);

    public VersionHistory? FailuresOf(ModelVersionId id) => _failures.GetValueOrDefault(id);

    public int RestartsOf(ModelVersionId id, int slot) => _slots.GetValueOrDefault((id, slot)).Restarts;

    public IReadOnlyDictionary<(string Version, int Slot), RestartHistory> SlotsOf(string model) =>
        _slots.Where(s => s.Key.Id.Model == model).ToDictionary(s => (s.Key.Id.Version, s.Key.Slot), s => s.Value);

    public IReadOnlyDictionary<string, VersionHistory> FailuresOf(string model) =>
        _failures.Where(f => f.Key.Model == model).ToDictionary(f => f.Key.Version, f => f.Value);

    public void Add(Replica replica)
    {
        replica.Begin(clock.Now, clock.UtcNow);
        _replicas.Add(replica.Id, replica);
        Changed = true;
    }

    public void Remove(ReplicaId id)
    {
        if (_replicas.Remove(id, out var replica))
        {
            Release(replica);
            Changed = true;
        }
    }

    /// <summary>The spec of the model changed: what failed before says nothing about it.</summary>
    public void ResetBackOff(string model)
    {
        foreach (var key in _slots.Keys.Where(k => k.Id.Model == model).ToList())
        {
            _slots[key] = _slots[key] with { Failures = 0 };
        }

        foreach (var key in _failures.Keys.Where(k => k.Model == model).ToList())
        {
            _failures.Remove(key);
        }

        foreach (var replica in Of(model).Where(r => r.Phase == ReplicaPhase.Pending))
        {
            replica.NextAttempt = clock.Now;
        }
    }

    /// <summary>The model is gone, and with it everything known of it.</summary>
    public void Forget(string model)
    {
        foreach (var id in Of(model).Select(r => r.Id).ToList())
        {
            Remove(id);
        }

        foreach (var key in _slots.Keys.Where(k => k.Id.Model == model).ToList())
        {
            _slots.Remove(key);
        }

        foreach (var key in _failures.Keys.Where(k => k.Model == model).ToList())
        {
            _failures.Remove(key);
        }

        foreach (var key in _signatures.Keys.Where(k => k.Model == model).ToList())
        {
            _signatures.Remove(key);
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
        _failures.Remove(replica.Id.ModelVersion);
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
        else if (replica.Phase == ReplicaPhase.Failed && (!replica.StopRequested || exitCode is not null && !StopExitCodes.Contains(exitCode.Value)))
        {
            // A dying container breaks its connections before its exit is known: the exit says more than the broken connection did, unless it is the end we asked for.
            replica.Reason = reason;
            replica.LastLogLines = lines;
            NoteRefusal(replica, reason, exitCode);
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

    private void NoteFailure(Replica replica, string reason, int? exitCode)
    {
        var readyFor = replica.Phase == ReplicaPhase.Ready ? clock.Now - replica.PhaseAt : TimeSpan.Zero;
        var key = (replica.Id.ModelVersion, replica.Slot);
        var before = _slots.GetValueOrDefault(key);
        _slots[key] = before.AfterFailure(clock.Now, readyFor, options) with { Restarts = before.Restarts + 1 };
        var history = _failures.GetValueOrDefault(replica.Id.ModelVersion) ?? new VersionHistory(0, 0, reason);
        _failures[replica.Id.ModelVersion] = history with { Failures = history.Failures + 1, LastReason = reason };
        NoteRefusal(replica, reason, exitCode);
    }

    private void NoteRefusal(Replica replica, string reason, int? exitCode)
    {
        if (exitCode is { } code && RefusalExitCodes.Contains(code) && _failures.TryGetValue(replica.Id.ModelVersion, out var history))
        {
            _failures[replica.Id.ModelVersion] = history with { Refusals = history.Refusals + 1, LastReason = reason };
        }
    }

    private void Release(Replica replica)
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
