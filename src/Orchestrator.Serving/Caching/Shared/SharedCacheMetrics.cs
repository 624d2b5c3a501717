using System.Diagnostics;
using System.Diagnostics.Metrics;
using Orchestrator.Core;
using Orchestrator.Core.Serving;
using Orchestrator.Serving.Metrics;

namespace Orchestrator.Serving.Caching.Shared;

/// <summary>Instruments of the second cache level, on the data plane's meter.</summary>
internal sealed class SharedCacheMetrics
{
    private readonly Counter<long> _reads;
    private readonly Counter<long> _writes;
    private readonly Counter<long> _dropped;
    private readonly Counter<long> _flights;
    private readonly Histogram<double> _duration;
    private readonly Meter _meter;

    public SharedCacheMetrics(IMeterFactory meters)
    {
        _meter = meters.Create(ServingMetrics.MeterName);
        _reads = _meter.CreateCounter<long>("orchestrator.store.reads", "{row}", "Look-ups in the shared store by result: hit, miss, invalid (not an answer), timeout, full, unavailable, open (left alone by the breaker), not_asked (beyond what one request may look for).");
        _writes = _meter.CreateCounter<long>("orchestrator.store.writes", "{row}", "Answers for the shared store by result: written, failed, dropped_full, dropped_open, too_large.");
        _dropped = _meter.CreateCounter<long>("orchestrator.store.keys.dropped", "{key}", "Keys of versions that are served no longer, removed from the shared store.");
        _flights = _meter.CreateCounter<long>(
            "orchestrator.store.flights", "{row}", "Questions to models with singleFlight that nobody had answered: led (computed for all), found (by another process), waited_out (the share of the time was used up), failed (the store), left (by everybody).");
        _duration = _meter.CreateHistogram<double>("orchestrator.store.read.duration", "s", "How long requests waited for the shared store.");
    }

    /// <summary>Adds what is looked at when metrics are read.</summary>
    public void Observe(IPredictionStore store, Func<int> breaker, Func<int> waiting)
    {
        _meter.CreateObservableGauge("orchestrator.store.connected", () => store.Problem is null ? 1 : 0, "1", "Whether the shared store can be asked.");
        _meter.CreateObservableGauge("orchestrator.store.breaker", breaker, "1", "The store's circuit breaker: 0 closed, 1 half open, 2 open.");
        _meter.CreateObservableGauge("orchestrator.store.writes.pending", waiting, "{row}", "Answers that wait to be written.");
    }

    public void Read(ModelVersionId id, string result)
    {
        if (_reads.Enabled)
        {
            _reads.Add(1, new TagList { { "model", id.Model }, { "version", id.Version }, { "result", result } });
        }
    }

    public void Flight(ModelVersionId id, string result) => _flights.Add(1, new TagList { { "model", id.Model }, { "version", id.Version }, { "result", result } });

    public void ReadTook(TimeSpan took) => _duration.Record(took.TotalSeconds);

    public void Written(int count, string result)
    {
        if (_writes.Enabled)
        {
            _writes.Add(count, new TagList { { "result", result } });
        }
    }

    public void KeysDropped(long count) => _dropped.Add(count);
}
