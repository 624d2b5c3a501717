using System.Diagnostics.Metrics;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Orchestrator.Core;
using Orchestrator.Core.Serving;
using Orchestrator.Serving.Batching;
using Orchestrator.Serving.Metrics;
using Orchestrator.Serving.Prediction;
using Orchestrator.Serving.Profiling;
using Orchestrator.Serving.Queueing;
using Orchestrator.Serving.Replicas;

namespace Orchestrator.Serving.Routing;

/// <summary>
/// Turns snapshots into tables: makes queues and loops for what is new, swaps the table in by one assignment, and only then lets go of what is gone. A version that left
/// the table stays open for <see cref="Grace"/> and until nothing of it is under way: a request may have read the old table just before the swap.
/// </summary>
internal sealed class ServingTableUpdater
{
    public static readonly TimeSpan Grace = TimeSpan.FromSeconds(1);

    private readonly ServingState _state;
    private readonly Func<ReplicaEndpoint, IReplicaClient> _connect;
    private readonly IItemSink _sink;
    private readonly ServingMetrics _metrics;
    private readonly TimeProvider _time;
    private readonly UpdaterContext _context;
    private readonly Lock _lock = new();
    private readonly Dictionary<ModelVersionId, ReplicaSet> _sets = [];
    private readonly List<ReplicaSet> _retired = [];

    public ServingTableUpdater(ServingState state, Func<ReplicaEndpoint, IReplicaClient> connect, IItemSink sink, ServingMetrics metrics, UpdaterContext context, TimeProvider time)
    {
        _state = state;
        _connect = connect;
        _sink = sink;
        _metrics = metrics;
        _time = time;
        _context = context;
    }

    /// <summary>Notified when a replica failed or a table was swapped in: a report is due.</summary>
    public ChangeSignal ReportDue { get; } = new();

    /// <summary>Makes <paramref name="snapshot"/> the one that is served.</summary>
    public void Apply(ServingSnapshot snapshot)
    {
        lock (_lock)
        {
            var wanted = new HashSet<ModelVersionId>();
            foreach (var model in snapshot.Models)
            {
                foreach (var version in model.Versions)
                {
                    var id = new ModelVersionId(model.Name, version.Spec.Version);
                    wanted.Add(id);
                    SetOf(id, version).Apply(version, ServingTableBuilder.TightestSlo(snapshot, model, version.Spec.Version));
                }
            }

            _state.Table = ServingTableBuilder.Build(snapshot, id => _sets[id].Queue);
            foreach (var (id, set) in _sets.Where(s => !wanted.Contains(s.Key)).ToArray())
            {
                _sets.Remove(id);
                set.RetiredAt = _time.GetTimestamp();
                _retired.Add(set);
            }
        }

        ReportDue.Notify();
    }

    /// <summary>Closes what is retired and quiet; called regularly.</summary>
    public void Sweep()
    {
        lock (_lock)
        {
            foreach (var set in _retired.ToArray())
            {
                if (set.Queue.IsQuiet && _time.GetElapsedTime(set.RetiredAt!.Value) >= Grace)
                {
                    set.Close();
                    set.Queue.Close(new PredictionOutcome { Kind = OutcomeKind.Unavailable, ModelVersion = set.Queue.Id, Explanation = $"{set.Queue.Id} was retired" });
                }

                if (set.Sweep())
                {
                    set.Queue.Dispose();
                    _retired.Remove(set);
                }
            }

            foreach (var set in _sets.Values)
            {
                set.Sweep();
            }
        }
    }

    /// <summary>What this frontend knows of every replica.</summary>
    public IReadOnlyList<ReplicaReport> Report()
    {
        lock (_lock)
        {
            return [.. _sets.Values.Concat(_retired).SelectMany(s => s.Report())];
        }
    }

    /// <summary>Waiting requests per version, for metrics.</summary>
    public IEnumerable<Measurement<int>> QueueLengths() => Measure(set => set.Queue.Length);

    /// <summary>Batches that are out per version, for metrics.</summary>
    public IEnumerable<Measurement<int>> InFlight() => Measure(set => set.Report().Sum(r => r.InFlight));

    private List<Measurement<int>> Measure(Func<ReplicaSet, int> value)
    {
        lock (_lock)
        {
            return [.. _sets.Select(s => new Measurement<int>(value(s.Value), new("model", s.Key.Model), new("version", s.Key.Version)))];
        }
    }

    private ReplicaSet SetOf(ModelVersionId id, ServedVersion version)
    {
        if (_sets.TryGetValue(id, out var set) && set.Queue.Policy.Name == version.Spec.Batching.Policy)
        {
            return set;
        }

        if (set is not null)
        {
            // Another policy: a new queue with new loops; the old one empties itself like a retired version's.
            set.RetiredAt = _time.GetTimestamp();
            _retired.Add(set);
        }

        var queue = new ModelQueue(id, BatchPolicies.Get(version.Spec.Batching.Policy), version.Spec.QueueCapacity, version.Spec.Batching.MaxBytes, new LatencyProfile(), _time)
        {
            Dropped = _sink.Dropped,
        };
        var context = new ReplicaLoopContext(_time, _sink, _metrics, _context.Logger, ReportDue, _context.Options.HungBatch, version.Spec.Idempotent);
        return _sets[id] = new ReplicaSet(queue, _connect, context);
    }
}

/// <summary>Options and logger of the updater.</summary>
internal sealed record UpdaterContext(ServingOptions Options, ILogger<ServingTableUpdater> Logger)
{
    public UpdaterContext(IOptions<ServingOptions> options, ILogger<ServingTableUpdater> logger) : this(options.Value, logger) { }
}
