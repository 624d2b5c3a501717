using System.Diagnostics;
using System.Diagnostics.Metrics;
using Orchestrator.Core;
using Orchestrator.Core.Serving;
using Orchestrator.Serving.Caching;
using Orchestrator.Serving.Prediction;
using Orchestrator.Serving.Queueing;
using Orchestrator.Serving.Replicas;

namespace Orchestrator.Serving.Metrics;

/// <summary>Every instrument of the data plane. Durations in seconds; attributes <c>application</c>, <c>model</c>, <c>version</c>, <c>outcome</c>, <c>result</c>.</summary>
public sealed class ServingMetrics
{
    /// <summary>Name of the meter.</summary>
    public const string MeterName = "Orchestrator.Serving";

    private readonly Histogram<double> _prediction;
    private readonly Histogram<double> _queue;
    private readonly Histogram<long> _batch;
    private readonly Histogram<double> _container;
    private readonly Histogram<double> _compute;
    private readonly Counter<long> _cache;
    private readonly Counter<long> _batchFailures;
    private readonly Meter _meter;

    /// <summary>Makes the instruments.</summary>
    public ServingMetrics(IMeterFactory meters)
    {
        var meter = _meter = meters.Create(MeterName);
        _prediction = meter.CreateHistogram<double>("orchestrator.prediction.duration", "s", "From the call of the data plane to its outcome.");
        _queue = meter.CreateHistogram<double>("orchestrator.queue.duration", "s", "How long requests waited for their batch to leave.");
        _batch = meter.CreateHistogram<long>("orchestrator.batch.size", "{row}", "Rows per batch.");
        _container = meter.CreateHistogram<double>("orchestrator.container.duration", "s", "Round trip of a batch to its container.");
        _compute = meter.CreateHistogram<double>("orchestrator.compute.duration", "s", "Time inside the model, as the container reports it.");
        _cache = meter.CreateCounter<long>("orchestrator.cache.requests", "{request}", "Cache look-ups by result: hit, miss, joined.");
        _batchFailures = meter.CreateCounter<long>("orchestrator.batch.failures", "{batch}", "Batches that came back without an answer, by reason.");
    }

    /// <summary>Adds what is looked at when metrics are read: waiting requests, batches that are out, and what the cache holds.</summary>
    internal void Observe(Func<IEnumerable<Measurement<int>>> queued, Func<IEnumerable<Measurement<int>>> inFlight, PredictionCache cache, IServingLease lease)
    {
        _meter.CreateObservableGauge("orchestrator.queue.length", queued, "{request}", "Requests that wait.");
        _meter.CreateObservableGauge("orchestrator.replica.inflight", inFlight, "{batch}", "Batches that are out, over all replicas of a version.");
        _meter.CreateObservableGauge("orchestrator.frontend.lease", () => lease.IsHeld ? 1 : 0, "1", "1 while this frontend may believe its snapshot; 0: only replicas that confirm their version answer.");
        _meter.CreateObservableGauge("orchestrator.cache.bytes", () => cache.Bytes, "By", "Bytes that the prediction cache holds.");
        _meter.CreateObservableGauge("orchestrator.cache.entries", () => cache.Count, "{entry}", "Answers that the prediction cache holds.");
    }

    internal bool PredictionsOn => _prediction.Enabled;

    internal void RecordPrediction(ModelVersionId id, string? application, OutcomeKind outcome, TimeSpan took)
    {
        if (_prediction.Enabled)
        {
            _prediction.Record(took.TotalSeconds, new TagList { { "application", application ?? "" }, { "model", id.Model }, { "version", id.Version }, { "outcome", OutcomeNames.Of(outcome) } });
        }
    }

    internal void RecordCache(ModelVersionId id, string result)
    {
        if (_cache.Enabled)
        {
            _cache.Add(1, new TagList { { "model", id.Model }, { "version", id.Version }, { "result", result } });
        }
    }

    internal void RecordBatch(ModelVersionId id, Batch batch, TimeSpan took, TimeSpan? computed, TimeProvider time)
    {
        var tags = new TagList { { "model", id.Model }, { "version", id.Version } };
        _batch.Record(batch.Rows, tags);
        _container.Record(took.TotalSeconds, tags);
        if (computed is { } compute)
        {
            _compute.Record(compute.TotalSeconds, tags);
        }

        if (_queue.Enabled)
        {
            foreach (var item in batch.Items)
            {
                _queue.Record(time.GetElapsedTime(item.EnqueuedAt, batch.DispatchedAt).TotalSeconds, tags);
            }
        }
    }

    internal void RecordBatchFailure(ModelVersionId id, ReplyKind kind)
    {
        if (_batchFailures.Enabled)
        {
            _batchFailures.Add(1, new TagList { { "model", id.Model }, { "version", id.Version }, { "reason", kind.ToString() } });
        }
    }
}

/// <summary>Outcome names as metrics and logs spell them.</summary>
internal static class OutcomeNames
{
    private static readonly string[] Names = ["ok", "rejected", "deadline_missed", "unavailable", "invalid_input", "failed", "cancelled", "feature_missing", "features_unavailable"];

    public static string Of(OutcomeKind kind) => Names[(int)kind];
}
