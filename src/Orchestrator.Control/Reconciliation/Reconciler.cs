using Microsoft.Extensions.Logging;
using Orchestrator.Control.Events;
using Orchestrator.Control.Replicas;
using Orchestrator.Control.Rollout;
using Orchestrator.Core.Admin;
using Orchestrator.Core.Cluster;
using Orchestrator.Core.Registry;
using Orchestrator.Core.Serving;

namespace Orchestrator.Control.Reconciliation;

/// <summary>
/// Brings what runs to what is wanted: takes in what happened, asks the policy, has it done, publishes, and again. The only writer of observed state and of
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
    private readonly ILogger _logger;
    private readonly LoopClock _clock;
    private readonly Fleet _fleet;
    private readonly ReconcilerState _state;
    private readonly ReplicaLauncher _launcher;
    private readonly ContainerCensus _census;
    private readonly RolloutExecutor _executor;
    private readonly ServingPublisher _publisher;
    private TimeSpan _nextList;
    private TimeSpan _nextUsage;

    public Reconciler(ControlPorts ports, ReplicaRunContext context, ReplicaInbox inbox, IRolloutPolicy policy)
    {
        (_ports, _inbox, _policy, _options, _logger) = (ports, inbox, policy, context.Options, context.Logger);
        _clock = new LoopClock(context.Time);
        Events = new EventLog(context.Time);
        Problems = new ProblemBoard(Events);
        Board = new StatusBoard(context.Time);
        _fleet = new Fleet(Events, _clock, _options);
        _state = new ReconcilerState(_fleet, new ObservedStore(ports.Registry, Problems, _logger), _clock);
        _launcher = new ReplicaLauncher(context, _clock, Problems);
        var factory = new ReplicaFactory(ports.Artefacts, _state);
        _census = new ContainerCensus(_state, _launcher, factory, Problems);
        _executor = new RolloutExecutor(_state, _launcher, factory, Events, _options, _logger);
        _publisher = new ServingPublisher(ports.Snapshots);
    }

    /// <summary>What is wrong beyond single models.</summary>
    public ProblemBoard Problems { get; }

    /// <summary>What others may read of the loop's state.</summary>
    public StatusBoard Board { get; }

    /// <summary>What happened.</summary>
    public EventLog Events { get; }

    /// <summary>One pass: until there is nothing left to do but wait.</summary>
    /// <returns>How long to wait at most before the next.</returns>
    internal async Task<TimeSpan> RunOnceAsync(CancellationToken cancellationToken)
    {
        await ReadInputsAsync(cancellationToken);
        AskForList(cancellationToken);
        Dictionary<string, RolloutView> views;
        var (round, busy) = (0, false);
        do
        {
            busy = TakeMessages();
            NoteReports();
            views = _state.MakeViews();
            if (_state.Adopted && Decide(views))
            {
                busy = true;
                views = _state.MakeViews();
            }

            EndRuns();
            await _state.Observed.PersistAsync(cancellationToken);
            busy |= await PublishAsync(views, cancellationToken);
        }
        while (busy && ++round < MaxRounds);

        Board.Update(StatusMapper.Map(_state, views, CreateFacts()), LogSources(), _fleet.Changed);
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

    // Whoever stops the host stopped the frontends first, and a container finishes what it computes: no drain is waited for.
    private void EndAtShutdown(Replica replica)
    {
        if (!_options.StopContainersAtShutdown || _state.Desired.Spec.OnShutdown == ClusterSpec.ShutdownLeave)
        {
            _fleet.Release(replica);
        }
        else if (replica.Phase == ReplicaPhase.Pending)
        {
            _fleet.Remove(replica.Id);
        }
        else if (!replica.ContainerGone && !replica.StopRequested)
        {
            if (ReplicaLifecycle.IsActive(replica.Phase))
            {
                _fleet.Move(replica, ReplicaPhase.Draining, "the control plane ends");
            }

            _launcher.Stop(replica, _options.StopGrace);
        }
    }

    private async Task ReadInputsAsync(CancellationToken cancellationToken)
    {
        try
        {
            _state.TakeDesired(await _ports.Registry.ReadAsync(cancellationToken), Events);
            Problems.Clear("registry read");
        }
        catch (RegistryException exception)
        {
            TellUnreadable(exception.Message);
        }

        _state.Reports = await _ports.Reports.ReadAsync(cancellationToken);
        _state.AreReportsComplete = _ports.Reports.IsComplete;
    }

    private void AskForList(CancellationToken cancellationToken)
    {
        if (_clock.Now >= _nextList)
        {
            _nextList = _clock.Now + _options.ResyncInterval;
            _launcher.List(cancellationToken);
        }

        if (_clock.Now >= _nextUsage && _state.Adopted)
        {
            _nextUsage = _clock.Now + _options.UsageInterval;
            _launcher.AskForUsage(cancellationToken);
        }
    }

    private bool TakeMessages()
    {
        var any = false;
        while (_inbox.Reader.TryRead(out var message))
        {
            any |= message is not ReplicaMessage.Wake;
            if (message is ReplicaMessage.Listed listed)
            {
                _census.Take(listed);
                if (listed.IsRuntimeAway)
                {
                    // The status says so for as long as it is so, and no longer.
                    _nextList = _clock.Now + _options.UnavailableRetry;
                }
            }
            else if (message is ReplicaMessage.Used used)
            {
                _state.Usage.Take(used.Usage, used.At);
                _fleet.Changed = true;
            }
            else
            {
                if (message is ReplicaMessage.Waiting { IsRuntimeAway: true })
                {
                    // The status says so now, not with the next resync.
                    _nextList = TimeSpan.Zero;
                }

                _fleet.Take(message);
            }
        }

        return any;
    }

    private void NoteReports()
    {
        var threshold = _options.ReportedFailures;
        var reports = _state.Reports.SelectMany(r => r.Replicas).ToLookup(r => r.Id);
        foreach (var replica in _fleet.Replicas.Where(r => r.Phase == ReplicaPhase.Ready))
        {
            _fleet.NoteProgress(replica, reports[replica.Id].Sum(r => r.Batches));
            var worst = reports[replica.Id].MaxBy(r => r.ConsecutiveFailures);
            var why = worst?.ConsecutiveFailures >= threshold
                ? $"{threshold} or more batches in a row failed, the last: {worst.LastFailure ?? "no cause given"}"
                : null;
            _fleet.Suspect(replica, why);
        }

        _fleet.ForgetOldFailures();
    }

    private bool Decide(Dictionary<string, RolloutView> views)
    {
        var any = false;
        foreach (var view in views.Values)
        {
            foreach (var action in _policy.Decide(view))
            {
                _executor.Execute(view.Name, action);
                any = true;
            }
        }

        return any;
    }

    private void EndRuns()
    {
        while (_fleet.EndedRuns.TryDequeue(out var run))
        {
            _launcher.End(run);
        }
    }

    private async Task<bool> PublishAsync(Dictionary<string, RolloutView> views, CancellationToken cancellationToken)
    {
        var adopting = !_state.Adopted || _fleet.Replicas.Any(r => r.IsAdopted && ReplicaLifecycle.IsComingUp(r.Phase));
        if (_state.Desired.Revision < 0)
        {
            return false;
        }

        try
        {
            await _publisher.RefreshAsync(cancellationToken);
            if (_publisher.HasInheritance && adopting)
            {
                return false;
            }

            var published = await _publisher.PublishAsync(_state.Desired.Spec.Applications, ServingMapper.Map(_state.Desired.Spec, views, _fleet), cancellationToken);
            Problems.Clear("publish");
            return StampRevision() | published;
        }
        catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
        {
            Log.NotPublished(_logger, exception);
            Problems.Set("publish", $"frontends cannot be told what to serve ({exception.Message}); they go on as they are, nothing they use is stopped");
            return false;
        }
    }

    // Only after a publication that succeeded: until then frontends may still use what drains.
    private bool StampRevision()
    {
        var any = false;
        foreach (var replica in _fleet.Replicas.Where(r => r is { Phase: ReplicaPhase.Draining, DrainRevision: null }))
        {
            (replica.DrainRevision, replica.DrainPublishedAt) = (_publisher.Revision, _clock.Now);
            any = true;
        }

        foreach (var (model, swap) in _state.Swaps.Where(s => s.Value.Revision is null).ToList())
        {
            _state.Swaps[model] = swap with { Revision = _publisher.Revision, At = _clock.Now };
            any = true;
        }

        return any;
    }

    private TimeSpan NextWait(Dictionary<string, RolloutView> views)
    {
        var now = _clock.Now;
        var retries = _fleet.Replicas.Where(r => r.StopNotBefore > now && !r.StopRequested && !r.ContainerGone).Select(r => r.StopNotBefore);
        var due = views.Values.Select(_policy.NextDue).OfType<TimeSpan>().Concat(retries).Append(_nextList).Min() - now;
        return due > TimeSpan.FromMilliseconds(1) ? due : TimeSpan.FromMilliseconds(1);
    }

    private StatusFacts CreateFacts() => new(_ports.Runtime.Name, _publisher.Revision, Problems.Text, _clock.Now, _clock.UtcNow);

    private List<LogSource> LogSources() =>
        [.. _fleet.Replicas.Where(r => r.Container is not null).Select(r => new LogSource(r.Id, r.Container!.ContainerId))];
}
