using Orchestrator.Control.Events;
using Orchestrator.Control.Replicas;
using Orchestrator.Control.Rollout;
using Orchestrator.Core;
using Orchestrator.Core.Admin;
using Orchestrator.Core.Serving;

namespace Orchestrator.Control.Reconciliation;

/// <summary>All replicas, and what is remembered of dead ones. Turns what owned tasks and the runtime tell into phases; does no I/O. Only the loop touches it.</summary>
internal sealed partial class Fleet(EventLog events, LoopClock clock, ControlOptions options)
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
            case ReplicaMessage.Waiting waiting when Find(waiting.Id) is { Phase: ReplicaPhase.Starting } replica:
                TakeWaiting(replica, waiting);
                break;
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
                TakeUnhealthy(replica, unhealthy);
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

    /// <summary>What frontends report of a Ready replica.</summary>
    public void NoteProgress(Replica replica, long batches)
    {
        if (batches > replica.Batches)
        {
            (replica.Batches, replica.ProgressAt) = (batches, clock.Now);
        }
    }

    private void TakeWaiting(Replica replica, ReplicaMessage.Waiting waiting)
    {
        if (replica.Reason != waiting.For)
        {
            replica.Reason = waiting.For;
            events.Add("replica", replica.Id.ToString(), waiting.For ?? "starts");
            Changed = true;
        }
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

    // On a machine that is out of breath health checks are late first. Whoever answers batches is not hung, and replacing him would only add to the load.
    private void TakeUnhealthy(Replica replica, ReplicaMessage.Unhealthy unhealthy)
    {
        if (replica.ProgressAt is { } at && clock.Now - at < options.HealthInterval * options.HealthFailures)
        {
            events.Add("replica", replica.Id.ToString(), $"{unhealthy.Reason}; it goes on, for it answers batches");
            return;
        }

        NoteFailure(replica, unhealthy.Reason, exitCode: null);
        replica.DrainFailure = unhealthy.Reason;
        Move(replica, ReplicaPhase.Draining, unhealthy.Reason);
    }
}
