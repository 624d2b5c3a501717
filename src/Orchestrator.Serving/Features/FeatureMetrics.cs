using System.Diagnostics;
using System.Diagnostics.Metrics;
using Orchestrator.Core.Features;
using Orchestrator.Serving.Metrics;

namespace Orchestrator.Serving.Features;

/// <summary>Instruments of feature look-up, on the data plane's meter. Attributes <c>application</c>, <c>view</c>, <c>result</c>: names of specs, never of requests.</summary>
internal sealed class FeatureMetrics
{
    private readonly Counter<long> _lookups;
    private readonly Counter<long> _defaults;
    private readonly Counter<long> _failures;
    private readonly Histogram<double> _duration;
    private readonly Meter _meter;

    public FeatureMetrics(IMeterFactory meters)
    {
        _meter = meters.Create(ServingMetrics.MeterName);
        _lookups = _meter.CreateCounter<long>(
            "orchestrator.feature.lookups", "{record}", "Records looked up by result: found, missing, stale, invalid, timeout, full, unavailable, open (left alone by the breaker).");
        _defaults = _meter.CreateCounter<long>("orchestrator.feature.defaults", "{feature}", "Features that were their default.");
        _failures = _meter.CreateCounter<long>("orchestrator.feature.failures", "{request}", "Queries without an answer because a feature had neither value nor default.");
        _duration = _meter.CreateHistogram<double>("orchestrator.feature.lookup.duration", "s", "How long a request waited for the records of a view.");
    }

    /// <summary>Adds what is looked at when metrics are read.</summary>
    public void Observe(IFeatureStore store, Func<int> breaker)
    {
        _meter.CreateObservableGauge("orchestrator.feature.store.connected", () => store.Problem is null ? 1 : 0, "1", "Whether the feature store can be asked.");
        _meter.CreateObservableGauge("orchestrator.feature.store.breaker", breaker, "1", "The feature store's circuit breaker: 0 closed, 1 half open, 2 open.");
    }

    public void LookedUp(string application, string view, string result)
    {
        if (_lookups.Enabled)
        {
            _lookups.Add(1, new TagList { { "application", application }, { "view", view }, { "result", result } });
        }
    }

    public void Took(string application, string view, TimeSpan took)
    {
        if (_duration.Enabled)
        {
            _duration.Record(took.TotalSeconds, new TagList { { "application", application }, { "view", view } });
        }
    }

    public void Defaulted(string application, string view, int count)
    {
        if (count > 0 && _defaults.Enabled)
        {
            _defaults.Add(count, new TagList { { "application", application }, { "view", view } });
        }
    }

    public void Failed(string application, string view)
    {
        if (_failures.Enabled)
        {
            _failures.Add(1, new TagList { { "application", application }, { "view", view } });
        }
    }
}
