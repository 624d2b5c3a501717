using Orchestrator.Serving.Batching;
using Orchestrator.Serving.Profiling;
using Orchestrator.Serving.Queueing;
using Orchestrator.Simulation.Policies;
using Orchestrator.Simulation.Results;
using Orchestrator.Simulation.Traffic;

namespace Orchestrator.Simulation.Running;

/// <summary>
/// One model in virtual time: the scheduler, the latency profile and the policy are those of the live queue, only clock, replicas and callers are made up. A timestamp
/// is a tick of 100 ns.
/// </summary>
internal sealed class ModelSimulation
{
    private static readonly Timescale Scale = new(TimeSpan.TicksPerSecond);

    private readonly SimulationPlan _plan;
    private readonly SimulatedModelPlan _model;
    private readonly IBatchPolicy _policy;
    private readonly BatchBounds _bounds;
    private readonly BatchScheduler<SimulatedRequest> _scheduler;
    private readonly SimulatedReplica[] _replicas;
    private readonly EventQueue _events = new();
    private readonly SeededRandom _arrivals;
    private readonly SeededRandom _durations;
    private readonly ITraffic? _traffic;
    private readonly bool _showsDeadlines;
    private readonly long _firstCounted;
    private long _arrived;
    private long _firstCountedAt;
    private long _lastArrivalAt;

    public ModelSimulation(SimulationPlan plan, SimulatedModelPlan model, ulong seed)
    {
        _plan = plan;
        _model = model;
        _policy = SimulatedPolicies.Get(plan.Policy);
        _showsDeadlines = _policy is not FifoPolicy;
        _bounds = new BatchBounds(model.MaxRows, model.Slos.Min(), model.Delay);
        _arrivals = new SeededRandom(seed);
        _durations = new SeededRandom(seed ^ 0x5DEECE66D);
        var profile = new LatencyProfile();
        _scheduler = new BatchScheduler<SimulatedRequest>(_policy, profile, Scale, 0) { Capacity = model.QueueCapacity, MaxBytes = long.MaxValue, Replicas = model.Replicas };
        _replicas = [.. Enumerable.Range(0, model.Replicas).Select(_ => new SimulatedReplica { Limit = _policy.InitialLimit(_bounds) })];
        _traffic = plan.Trace == Trace.Closed ? null : Traces.Open(plan.Trace, plan.Load * model.Capacity, plan.Requests);
        _firstCounted = (long)(plan.Requests * plan.WarmUpShare);

        // As a live replica warms up before it is Ready: 1, 2, 4, ... rows.
        for (var rows = 1; rows <= model.MaxRows; rows *= 2)
        {
            profile.Record(rows, TimeSpan.FromSeconds(model.ColdStart * model.Latency.Sample(rows, _durations)));
        }
    }

    public Tally Tally { get; } = new();

    /// <summary>Virtual time in which the counted requests arrived, seconds.</summary>
    public double Seconds => Math.Max(1, _lastArrivalAt - _firstCountedAt) / (double)TimeSpan.TicksPerSecond;

    public void Run(CancellationToken stop)
    {
        if (_traffic is not null)
        {
            _events.Plan(Ticks(_traffic.NextGap(0, _arrivals)), new SimulationEvent(EventKind.Arrival));
        }

        for (var i = 0; _traffic is null && i < _plan.Clients; i++)
        {
            PlanQuestion(0);
        }

        for (long n = 0; _events.TryTake(out var now, out var happened); n++)
        {
            if (n % 4096 == 0)
            {
                stop.ThrowIfCancellationRequested();
            }

            Expire(now);
            Handle(happened, now);
            Dispatch(now);
        }

        // Nothing is planned any more and somebody still waits: only a hold without an end could do that.
        if (_scheduler.Waiting.Count > 0 || Tally.Ended != _arrived)
        {
            throw new InvalidOperationException($"{_arrived} requests arrived, {Tally.Ended} ended, {_scheduler.Waiting.Count} wait for nothing");
        }
    }

    private void Handle(in SimulationEvent happened, long now)
    {
        switch (happened.Kind)
        {
            case EventKind.Arrival:
                Arrive(now);
                if (_arrived < _plan.Requests)
                {
                    _events.Plan(now + Ticks(_traffic!.NextGap(now / (double)TimeSpan.TicksPerSecond, _arrivals)), happened);
                }

                break;
            case EventKind.Question when _arrived < _plan.Requests:
                Arrive(now);
                break;
            case EventKind.Completion:
                Complete(happened.Replica!, now);
                break;
            case EventKind.HoldEnds:
                _scheduler.EndHold(now);
                break;
        }
    }

    private void Arrive(long now)
    {
        var counts = _arrived >= _firstCounted;
        if (_arrived++ == _firstCounted)
        {
            _firstCountedAt = now;
        }

        _lastArrivalAt = now;
        var slo = _model.Slos.Count == 1 ? _model.Slos[0] : _model.Slos[(int)(_arrivals.NextUnit() * _model.Slos.Count)];
        var request = new SimulatedRequest(now, now + slo.Ticks, _showsDeadlines, counts);
        switch (_scheduler.Admit(request, now))
        {
            case QueueAdmission.Accepted: break;
            case QueueAdmission.Full: Drop(request, DropReason.Full, now); break;
            case QueueAdmission.Shed: Drop(request, DropReason.Shed, now); break;
            default: Drop(request, DropReason.Infeasible, now); break;
        }
    }

    private void Dispatch(long now)
    {
        foreach (var replica in _replicas)
        {
            if (replica.IsBusy)
            {
                continue;
            }

            if (!_scheduler.TryForm(DispatchSlot.Idle(replica.Limit, now), _bounds, out var batch))
            {
                break;
            }

            replica.IsBusy = true;
            replica.Batch = batch;
            replica.SentAt = now;
            Tally.BatchLeft(batch.Rows);
            var end = now + Math.Max(1, Ticks(_model.Latency.Sample(batch.Rows, _durations)));
            _events.Plan(end, new SimulationEvent(EventKind.Completion, replica));
            foreach (var request in batch.Items)
            {
                // A caller hears from us at its deadline at the latest; one of fifo waits as long as it takes.
                PlanQuestion(_showsDeadlines ? Math.Min(end, request.Deadline) : end);
            }
        }

        while (_scheduler.GivenUp.TryDequeue(out var given))
        {
            Drop(given, given.Deadline <= now ? DropReason.Expired : DropReason.GivenUp, now);
        }

        if (_scheduler.HoldUntil != long.MaxValue)
        {
            _events.Plan(Math.Max(_scheduler.HoldUntil, now + 1), new SimulationEvent(EventKind.HoldEnds));
        }
    }

    private void Complete(SimulatedReplica replica, long now)
    {
        var batch = replica.Batch;
        var took = TimeSpan.FromTicks(now - replica.SentAt);
        _scheduler.CameBack(batch.Rows, isAhead: false, batch.Duration, batch.ExpectedEnd, now);
        _scheduler.Profile.Record(batch.Rows, took);
        replica.Limit = _policy.NextLimit(replica.Limit, new BatchObservation(batch.Rows, took), _scheduler.Profile, _bounds);
        replica.IsBusy = false;
        foreach (var request in batch.Items)
        {
            request.State = ItemState.Done;
            Tally.Answered(now - request.ArrivedAt, now <= request.Deadline, request.Counts);
        }
    }

    /// <summary>What the live queue's timer does.</summary>
    private void Expire(long now)
    {
        while (_scheduler.Waiting.TryPopExpired(now, out var request))
        {
            _scheduler.Waiting.Leave(request, ItemState.Done);
            Drop(request, DropReason.Expired, now);
        }
    }

    private void Drop(SimulatedRequest request, DropReason reason, long now)
    {
        Tally.Dropped(reason, now - request.ArrivedAt, request.Counts);
        PlanQuestion(now, reason is DropReason.GivenUp or DropReason.Expired ? Traces.TurnaroundSeconds : Traces.BackOffSeconds);
    }

    private void PlanQuestion(long now, double turnaround = Traces.TurnaroundSeconds)
    {
        if (_traffic is null)
        {
            _events.Plan(now + Ticks(_arrivals.NextExponential() * turnaround), new SimulationEvent(EventKind.Question));
        }
    }

    private static long Ticks(double seconds) => (long)(seconds * TimeSpan.TicksPerSecond);
}
