using System.Buffers;
using OpenTelemetry.Metrics;
using Orchestrator.Host.Options;
using Orchestrator.Serving;

namespace Orchestrator.Host.Telemetry;

/// <summary>Collects metrics on demand and shows them as Prometheus text; the one owner of the series.</summary>
internal sealed class MetricsScrape : IDisposable
{
    private readonly Lock _lock = new();
    private readonly SeriesStore _store;
    private readonly DeltaExporter _exporter;
    private readonly ServingState _serving;

    public MetricsScrape(ServingState serving, TimeProvider time, HostOptions options)
    {
        _serving = serving;
        _store = new SeriesStore(time, options.MetricsGrace);
        _exporter = new DeltaExporter(_store);
        Reader = new BaseExportingMetricReader(_exporter) { TemporalityPreference = MetricReaderTemporalityPreference.Delta };
    }

    /// <summary>To be added to the meter provider, which then owns it.</summary>
    public MetricReader Reader { get; }

    /// <summary>Collects and forgets what is over.</summary>
    public void Collect()
    {
        lock (_lock)
        {
            CollectNeedsLock();
        }
    }

    /// <summary>Collects and writes everything.</summary>
    public void Write(IBufferWriter<byte> output)
    {
        // Collection and text are quick and synchronous, and two scrapes at once would mix their deltas.
        lock (_lock)
        {
            CollectNeedsLock();
            PrometheusText.Write(output, _store.Families);
        }
    }

    public void Dispose()
    {
        Reader.Dispose();
        _exporter.Dispose();
    }

    private void CollectNeedsLock()
    {
        _exporter.Collect?.Invoke(Timeout.Infinite);
        _store.Prune(_serving.Table);
    }
}
