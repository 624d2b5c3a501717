using OpenTelemetry;
using OpenTelemetry.Metrics;

namespace Orchestrator.Host.Telemetry;

/// <summary>Hands what a collection found to the store. Pull only: it exports when <see cref="MetricsScrape"/> asks.</summary>
[ExportModes(ExportModes.Pull)]
internal sealed class DeltaExporter(SeriesStore store) : BaseExporter<Metric>, IPullMetricExporter
{
    public Func<int, bool>? Collect { get; set; }

    public override ExportResult Export(in Batch<Metric> batch)
    {
        store.BeginCollection();
        foreach (var metric in batch)
        {
            store.Record(metric);
        }

        return ExportResult.Success;
    }
}
