using System.Diagnostics.Metrics;
using OpenTelemetry;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace Orchestrator.Host.Telemetry;

/// <summary>
/// Starts OpenTelemetry's providers and stops them last. Stands in for OpenTelemetry.Extensions.Hosting (decision 0000). Metrics are always collected for
/// <c>/metrics</c>; anything leaves the process only if a standard <c>OTEL_EXPORTER_OTLP_*</c> endpoint is set, and spans are only made then.
/// </summary>
internal sealed class TelemetryService(MetricsScrape scrape) : IHostedService, IDisposable
{
    private const string ServiceName = "orchestrator";

    // Series per instrument and collection, far above 1,000 models with a few outcomes each; memory is reserved, but only what is used is touched.
    private const int CardinalityLimit = 10_000;

    private static readonly string[] Meters = ["Orchestrator.*", "Microsoft.AspNetCore.Hosting", "System.Runtime"];
    private static readonly string[] ActivitySources = ["Orchestrator.*", "Microsoft.AspNetCore"];

    /// <summary>For durations whose instrument advises nothing: from half a millisecond to ten seconds, dense where SLOs are.</summary>
    private static readonly double[] SecondsBounds = [0.0005, 0.001, 0.0025, 0.005, 0.0075, 0.01, 0.015, 0.02, 0.03, 0.05, 0.075, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

    /// <summary>Batch sizes: powers of two, as the latency profile counts them.</summary>
    private static readonly double[] RowBounds = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024];

    private MeterProvider? _meters;
    private TracerProvider? _tracers;

    /// <summary>Whether spans are made and leave the process.</summary>
    public static bool ExportsSpans => IsSet("TRACES");

    public Task StartAsync(CancellationToken cancellationToken)
    {
        var meters = Sdk.CreateMeterProviderBuilder().ConfigureResource(DescribeProcess).AddMeter(Meters).AddView(Shape).AddReader(scrape.Reader);
        if (IsSet("METRICS"))
        {
            meters.AddOtlpExporter(exporter => OtlpVariables.Apply("METRICS", exporter));
        }

        _meters = meters.Build();
        if (ExportsSpans)
        {
            _tracers = Sdk.CreateTracerProviderBuilder().ConfigureResource(DescribeProcess).AddSource(ActivitySources).AddOtlpExporter(exporter => OtlpVariables.Apply("TRACES", exporter)).Build();
        }

        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken)
    {
        _tracers?.ForceFlush();
        _meters?.ForceFlush();
        return Task.CompletedTask;
    }

    public void Dispose()
    {
        _tracers?.Dispose();
        _meters?.Dispose();
    }

    private static bool IsSet(string signal) =>
        !string.IsNullOrEmpty(Environment.GetEnvironmentVariable("OTEL_EXPORTER_OTLP_ENDPOINT"))
        || !string.IsNullOrEmpty(Environment.GetEnvironmentVariable($"OTEL_EXPORTER_OTLP_{signal}_ENDPOINT"));

    private static void DescribeProcess(ResourceBuilder resource) => resource.AddService(ServiceName).AddEnvironmentVariableDetector();

    private static MetricStreamConfiguration? Shape(Instrument instrument)
    {
        if (!instrument.Meter.Name.StartsWith("Orchestrator.", StringComparison.Ordinal))
        {
            return null;
        }

        return instrument switch
        {
            Histogram<double> { Unit: "s", Advice: null } => new ExplicitBucketHistogramConfiguration { Boundaries = SecondsBounds, CardinalityLimit = CardinalityLimit },
            Histogram<long> { Unit: "{row}", Advice: null } => new ExplicitBucketHistogramConfiguration { Boundaries = RowBounds, CardinalityLimit = CardinalityLimit },
            _ => new MetricStreamConfiguration { CardinalityLimit = CardinalityLimit },
        };
    }
}
