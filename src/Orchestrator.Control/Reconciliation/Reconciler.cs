using System.Security.Cryptography;
using Microsoft.Extensions.Logging;
using Orchestrator.Control.Events;
using Orchestrator.Control.Replicas;
using Orchestrator.Control.Rollout;
using Orchestrator.Core;
using Orchestrator.Core.Admin;
using Orchestrator.Core.Cluster;
using Orchestrator.Core.Registry;
using Orchestrator.Core.Runtime;
using Orchestrator.Core.Serving;

namespace Orchestrator.Control.Reconciliation;

/// <summary>
/// Brings what runs to what is wanted: takes in what happened, asks the policy, does what it says, publishes, and again. The only writer of observed state and of
/// serving snapshots. One pass is <see cref="RunOnceAsync"/>; everything slow runs in tasks of the launcher, so a pass only waits for the registry and the publication.
/// </summary>
/// <remarks>
/// Order within a round: actions change phases in memory; then observed state is written; then the snapshot is published, which stamps drains and swaps with the
/// revision that carries them. A drain or a retirement can therefore never end on an acknowledgement older than itself.
/// </remarks>
internal sealed partial class Reconciler
{
    // Each round consumes at least one action or message; a policy that never comes to rest would be a bug, and must not take the core with it.
    private const int MaxRounds = 100;

    private readonly ControlPorts _ports;
    private readonly ReplicaInbox _inbox;
    private readonly IRolloutPolicy _policy;
    private readonly ControlOptions _options;
    private readonly LoopClock _clock;
    private readonly EventLog _events;
    private readonly ILogger _logger;
    private readonly Fleet _fleet;
    private readonly ReplicaLauncher _launcher;
    private readonly ServingPublisher _publisher;
    private readonly Dictionary<string, SwapView> _swaps = [];

    private DesiredIndex _desired = new(-1, ClusterSpec.Empty);
    private ObservedState _observed = ObservedState.Empty;
    private IReadOnlyList<FrontendReport> _reports = [];
    private bool _observedDirty;
    private bool _adopted;
    private TimeSpan _nextList;

    public Reconciler(ControlPorts ports, ReplicaRunContext context, ReplicaInbox inbox, IRolloutPolicy policy)
    {
        (_ports, _inbox, _policy, _options, _logger) = (ports, inbox, policy, context.Options, context.Logger);
        _clock = new LoopClock(context.Time);
        _events = new EventLog(context.Time);
        Problems = new ProblemBoard(_events);
        _fleet = new Fleet(_events, _clock, _options);
        _launcher = new ReplicaLauncher(context, _clock, Problems);
        _publisher = new ServingPublisher(ports.Snapshots);
        Board = new StatusBoard(context.Time);
    }

    /// <summary>What is wrong beyond single models.</summary>
    public ProblemBoard Problems { get; }

    /// <summary>What others may read of the loop's state.</summary>
    public StatusBoard Board { get; }

    public EventLog Events => _events;

    /// <summary>One pass: until there is nothing left to do but wait.</summary>
    /// <returns>How long to wait at most before the next.</returns>
    internal async Task<TimeSpan> RunOnceAsync(CancellationToken cancellationToken)
    {
        await ReadInputsAsync(cancellationToken);
        AskForList(cancellationToken);
        IReadOnlyDictionary<string, RolloutView> views = MakeViews();
        for (var round = 0; round < MaxRounds; round++)
        {
            var busy = TakeMessages();
            NoteReports();
            views = MakeViews();
            busy |= _adopted && Decide(views);
            EndRuns();
            await PersistAsync(cancellationToken);
            views = MakeViews();
            busy |= await PublishAsync(views, cancellationToken);
            if (!busy)
            {
                break;
            }
        }

        Board.Update(StatusMapper.Map(CreateStatusInput(views)), LogSources(), _fleet.Changed);
        _fleet.Changed = false;
        return NextWait(views);
    }

    /// <summary>Completes when no stop and no list is under way: tests take the next pass then.</summary>
    internal Task WhenIdleAsync() => _launcher.WhenIdleAsync(CancellationToken.None);

    /// <summary>Ends every replica and waits until all containers are gone. Only after the loop ended.</summary>
    internal async Task StopAllAsync(CancellationToken cancellationToken)
    {
        TakeMessages();
        foreach (var replica in _fleet.Replicas.ToList())
        {
            EndAtShutdown(replica);
        }

        EndRuns();
        await _launcher.WhenIdleAsync(cancellationToken);
        TakeMessages();
    }

    private void EndAtShutdown(Replica replica)
    {
        if (!_options.StopContainersAtShutdown)
        {
            if (replica.Run is { } run)
            {
                replica.Run = null;
                _launcher.End(run);
            }

            return;
        }

        if (replica.Phase == ReplicaPhase.Pending)
        {
            _fleet.Remove(replica.Id);
            return;
        }

        if (ReplicaLifecycle.IsActive(replica.Phase))
        {
            _fleet.Move(replica, ReplicaPhase.Draining, "the control plane ends");
        }

        if (!replica.ContainerGone && !replica.StopRequested)
        {
            _launcher.Stop(replica, _options.StopGrace);
        }
    }

    private async Task ReadInputsAsync(CancellationToken cancellationToken)
    {
        try
        {
            TakeDesired(await _ports.Registry.ReadAsync(cancellationToken));
            Problems.Clear("registry read");
        }
        catch (RegistryException exception)
        {
            Log.RegistryUnreadable(_logger, exception);
            Problems.Set("registry read", $"the registry cannot be read ({exception.Message}); what was last read stays wanted");
        }

        _reports = await _ports.Reports.ReadAsync(cancellationToken);
    }

    private void TakeDesired(RegistrySnapshot snapshot)
    {
        if (snapshot.Revision == _desired.Revision)
        {
            return;
        }

        var (before, first) = (_desired, _desired.Revision < 0);
        _desired = new DesiredIndex(snapshot.Revision, snapshot.Desired);
        _fleet.Changed = true;
        if (first)
        {
            // Later nobody else writes it, and what is in memory is at least as new.
            _observed = snapshot.Observed;
            return;
        }

        _events.Add("desired", snapshot.Desired.Name, $"revision {snapshot.Revision}");
        foreach (var model in snapshot.Desired.Models)
        {
            if (before.Spec.FindModel(model.Name) is not { } old || !SpecComparer.Equal(old, model))
            {
                _fleet.ResetBackOff(model.Name);
                Observe(model.Name, o => o with { RolloutFailure = null });
            }
        }
    }

    private void AskForList(CancellationToken cancellationToken)
    {
        if (_clock.Now >= _nextList)
        {
            _nextList = _clock.Now + _options.ResyncInterval;
            _launcher.List(cancellationToken);
        }
    }

    private bool TakeMessages()
    {
        var any = false;
        while (_inbox.Reader.TryRead(out var message))
        {
            any = true;
            if (message is ReplicaMessage.Listed listed)
            {
                TakeList(listed);
            }
            else
            {
                _fleet.Take(message);
            }
        }

        return any;
    }

    private void TakeList(ReplicaMessage.Listed listed)
    {
        if (listed.Containers is not { } containers)
        {
            Problems.Set("runtime", $"runtime {_ports.Runtime.Name} cannot list its containers ({listed.Error}); it is asked again");
            return;
        }

        Problems.Clear("runtime");
        if (!_adopted)
        {
            Adopt(containers);
            return;
        }

        // A container that started after the question says nothing by its absence.
        var listedIds = containers.Select(c => c.ContainerId).ToHashSet();
        foreach (var replica in _fleet.Replicas
            .Where(r => r.Container is { } c && !r.ContainerGone && !r.StopRequested && r.StartedAt < listed.AskedAt && !listedIds.Contains(c.ContainerId)).ToList())
        {
            _fleet.Vanished(replica);
        }

        foreach (var orphan in containers.Where(c => _fleet.Find(c.Replica) is null))
        {
            _launcher.StopOrphan(orphan);
        }
    }

    private void Adopt(IReadOnlyList<ContainerInfo> containers)
    {
        _adopted = true;
        var plan = AdoptionPlan.Of(containers, _desired, MakeViews().Values);
        foreach (var (container, slot) in plan.Adopted)
        {
            var replica = MakeReplica(container.Replica, slot, TimeSpan.Zero);
            replica.Container = container;
            _fleet.Add(replica);
            _fleet.Move(replica, ReplicaPhase.Starting, "adopted");
            _launcher.Begin(replica, container);
        }

        foreach (var orphan in plan.Orphans)
        {
            _launcher.StopOrphan(orphan);
        }
    }

    private Replica MakeReplica(ReplicaId id, int slot, TimeSpan notBefore)
    {
        var spec = _desired.Spec.FindModel(id.ModelVersion.Model)!.FindVersion(id.ModelVersion.Version)!;
        var hashes = _desired.HashesOf(id.ModelVersion)!;
        var launch = new ContainerLaunch
        {
            Cluster = _desired.Spec.Name,
            Replica = id,
            Spec = spec,
            SpecHash = hashes.Launch,
            ArtefactPath = spec.Artefact?.Digest is { } digest ? _ports.Artefacts.FindPath(digest) : null,
        };
        return new Replica(launch, hashes.Identity, slot) { Restarts = _fleet.RestartsOf(id.ModelVersion, slot), NextAttempt = notBefore };
    }

    private ReplicaId NewId(string model, string version)
    {
        while (true)
        {
            var id = new ReplicaId(new ModelVersionId(model, version), RandomNumberGenerator.GetHexString(6, lowercase: true));
            if (_fleet.Replicas.All(r => r.Id.Instance != id.Instance))
            {
                return id;
            }
        }
    }

    private void NoteReports()
    {
        var threshold = _options.ReportedFailures;
        var failing = _reports.SelectMany(r => r.Replicas)
            .Where(r => r.ConsecutiveFailures >= threshold)
            .GroupBy(r => r.Id)
            .ToDictionary(g => g.Key, g => g.MaxBy(r => r.ConsecutiveFailures)!);
        foreach (var replica in _fleet.Replicas.Where(r => r.Phase == ReplicaPhase.Ready))
        {
            var why = failing.TryGetValue(replica.Id, out var report)
                ? $"{threshold} or more batches in a row failed, the last: {report.LastFailure ?? "no cause given"}"
                : null;
            _fleet.Suspect(replica, why);
        }
    }

    private void EndRuns()
    {
        while (_fleet.EndedRuns.TryDequeue(out var run))
        {
            _launcher.End(run);
        }
    }

    private async Task PersistAsync(CancellationToken cancellationToken)
    {
        if (!_observedDirty)
        {
            return;
        }

        try
        {
            await _ports.Registry.WriteObservedAsync(_observed, cancellationToken);
            _observedDirty = false;
            Problems.Clear("registry write");
        }
        catch (RegistryException exception)
        {
            // What serves must not depend on a full disk: go on, say so, try again with the next pass.
            Log.ObservedNotStored(_logger, exception);
            Problems.Set("registry write", $"what was reached cannot be stored ({exception.Message}); serving goes on, a restart would know an older state");
        }
    }

    private async Task<bool> PublishAsync(IReadOnlyDictionary<string, RolloutView> views, CancellationToken cancellationToken)
    {
        var settling = !_adopted || _fleet.Replicas.Any(r => ReplicaLifecycle.IsComingUp(r.Phase));
        if (_publisher.HasInheritance && settling)
        {
            return false;
        }

        try
        {
            var published = await _publisher.PublishAsync(_desired.Spec.Applications, ServingMapper.Map(_desired.Spec, views, _fleet), cancellationToken);
            Problems.Clear("publish");
            StampRevision();
            return published;
        }
        catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
        {
            Log.NotPublished(_logger, exception);
            Problems.Set("publish", $"frontends cannot be told what to serve ({exception.Message}); they go on as they are, nothing they use is stopped");
            return false;
        }
    }

    // Only after a publication that succeeded: until then frontends may still use what drains.
    private void StampRevision()
    {
        foreach (var replica in _fleet.Replicas.Where(r => r is { Phase: ReplicaPhase.Draining, DrainRevision: null }))
        {
            (replica.DrainRevision, replica.DrainPublishedAt) = (_publisher.Revision, _clock.Now);
        }

        foreach (var (model, swap) in _swaps.Where(s => s.Value.Revision is null).ToList())
        {
            _swaps[model] = swap with { Revision = _publisher.Revision, At = _clock.Now };
        }
    }

    private TimeSpan NextWait(IReadOnlyDictionary<string, RolloutView> views)
    {
        var now = _clock.Now;
        var retries = _fleet.Replicas.Where(r => r.StopNotBefore > now && !r.StopRequested && !r.ContainerGone).Select(r => r.StopNotBefore);
        var due = views.Values.Select(_policy.NextDue).OfType<TimeSpan>().Concat(retries).Append(_nextList).Min() - now;
        return due > TimeSpan.FromMilliseconds(1) ? due : TimeSpan.FromMilliseconds(1);
    }
}
