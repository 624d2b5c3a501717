using System.Text;
using OpenTelemetry.Metrics;
using Orchestrator.Serving.Routing;

namespace Orchestrator.Host.Telemetry;

/// <summary>
/// Keeps the series that <c>/metrics</c> shows. The SDK would keep every combination of labels for ever, and merge the newest ones into one overflow series once it is
/// full; so the SDK only hands over deltas (and forgets what is no longer recorded), the sums are kept here, and a series whose application, model, version or feature view is no
/// longer served goes away after a grace period that lets scrapers see its last value. Not thread-safe: <see cref="MetricsScrape"/> owns it.
/// </summary>
internal sealed class SeriesStore(TimeProvider time, TimeSpan grace)
{
    private readonly SortedDictionary<string, MetricFamily> _families = new(StringComparer.Ordinal);
    private readonly StringBuilder _labels = new();
    private long _collection;

    /// <summary>All metrics, ordered by name.</summary>
    public IReadOnlyCollection<MetricFamily> Families => _families.Values;

    /// <summary>Begins to take over what one collection reports.</summary>
    public void BeginCollection() => _collection++;

    /// <summary>Takes over one metric.</summary>
    public void Record(Metric metric)
    {
        var name = PrometheusNames.OfMetric(metric.Name, metric.Unit, metric.MetricType);
        if (!_families.TryGetValue(name, out var family))
        {
            _families[name] = family = new MetricFamily(name, PrometheusNames.TypeName(metric.MetricType), metric.Description);
        }

        foreach (ref readonly var point in metric.GetMetricPoints())
        {
            Record(family, metric, in point);
        }
    }

    /// <summary>Removes what is no longer served, or no longer observed.</summary>
    public void Prune(ServingTable served)
    {
        var now = time.GetTimestamp();
        foreach (var family in _families.Values)
        {
            foreach (var (labels, series) in family.Series)
            {
                if (IsOver(family, series, served, now))
                {
                    // Removing while enumerating is allowed for a Dictionary.
                    family.Series.Remove(labels);
                }
            }
        }
    }

    private bool IsOver(MetricFamily family, Series series, ServingTable served, long now)
    {
        // A gauge is what was observed this time; one that was not is about something that is gone.
        if (family.TypeName == "gauge" && series.Collection != _collection)
        {
            return true;
        }

        if (IsServed(series.Subject, served))
        {
            series.UnservedSince = null;
            return false;
        }

        series.UnservedSince ??= now;
        return time.GetElapsedTime(series.UnservedSince.Value, now) >= grace;
    }

    private static bool IsServed(SeriesSubject subject, ServingTable served)
    {
        if (subject.Application is { } application
            && (!served.Applications.TryGetValue(application, out var asked) || (subject.View is { } view && asked.Features?.Views.Any(v => v.Name == view) != true)))
        {
            return false;
        }

        return subject.Model is not { } model
            || (served.Models.TryGetValue(model, out var entry) && (subject.Version is not { } version || entry.Versions.ContainsKey(version)));
    }

    private void Record(MetricFamily family, Metric metric, in MetricPoint point)
    {
        var labels = FormatLabels(in point, out var subject);
        if (!family.Series.TryGetValue(labels, out var series))
        {
            family.Series[labels] = series = new Series(labels, subject);
        }

        series.Collection = _collection;
        switch (metric.MetricType)
        {
            case MetricType.Histogram:
                AddHistogram(series, in point);
                break;
            case MetricType.LongSum:
                series.Value += point.GetSumLong();
                break;
            case MetricType.DoubleSum:
                series.Value += point.GetSumDouble();
                break;
            // Up-down counters stay cumulative whatever temporality is preferred.
            case MetricType.LongSumNonMonotonic:
                series.Value = point.GetSumLong();
                break;
            case MetricType.DoubleSumNonMonotonic:
                series.Value = point.GetSumDouble();
                break;
            case MetricType.LongGauge:
                series.Value = point.GetGaugeLastValueLong();
                break;
            case MetricType.DoubleGauge:
                series.Value = point.GetGaugeLastValueDouble();
                break;
        }
    }

    private static void AddHistogram(Series series, in MetricPoint point)
    {
        if (series.Bounds is null)
        {
            var bounds = new List<double>();
            foreach (var bucket in point.GetHistogramBuckets())
            {
                if (!double.IsPositiveInfinity(bucket.ExplicitBound))
                {
                    bounds.Add(bucket.ExplicitBound);
                }
            }

            series.Bounds = [.. bounds];
            series.Buckets = new long[bounds.Count + 1];
        }

        var i = 0;
        foreach (var bucket in point.GetHistogramBuckets())
        {
            series.Buckets[i++] += bucket.BucketCount;
        }

        series.Sum += point.GetHistogramSum();
        series.Count += point.GetHistogramCount();
    }

    private string FormatLabels(in MetricPoint point, out SeriesSubject subject)
    {
        string? application = null, model = null, version = null, view = null;
        _labels.Clear();
        foreach (var (name, value) in point.Tags)
        {
            var text = Convert.ToString(value, System.Globalization.CultureInfo.InvariantCulture) ?? "";
            switch (name)
            {
                // Empty: a call through /v2, which no application made.
                case "application": application = text.Length == 0 ? null : text; break;
                case "model": model = text; break;
                case "version": version = text; break;
                case "view": view = text; break;
            }

            _labels.Append(_labels.Length == 0 ? "" : ",").Append(PrometheusNames.OfLabel(name)).Append("=\"").Append(Escape(text)).Append('"');
        }

        subject = new SeriesSubject(application, model, version, view);
        return _labels.ToString();
    }

    private static string Escape(string value) =>
        value.AsSpan().IndexOfAny('\\', '"', '\n') < 0
            ? value
            : value.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal);
}
