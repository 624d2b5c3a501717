using System.Globalization;
using OpenTelemetry.Exporter;

namespace Orchestrator.Host.Telemetry;

/// <summary>
/// The standard variables of one signal, such as <c>OTEL_EXPORTER_OTLP_TRACES_ENDPOINT</c>. The exporter reads only those without a signal by itself, so that a
/// variable of one signal would switch export on and not say where to.
/// </summary>
internal static class OtlpVariables
{
    private const string Prefix = "OTEL_EXPORTER_OTLP_";

    /// <param name="signal"><c>METRICS</c> or <c>TRACES</c>.</param>
    /// <param name="exporter">Holds what the variables without a signal say; those with one win.</param>
    public static void Apply(string signal, OtlpExporterOptions exporter)
    {
        if (Read(signal, "PROTOCOL") is { } protocol)
        {
            exporter.Protocol = protocol == "grpc" ? OtlpExportProtocol.Grpc : OtlpExportProtocol.HttpProtobuf;
        }

        // Taken as it is: only the address of all signals gets a path for each.
        if (Uri.TryCreate(Read(signal, "ENDPOINT"), UriKind.Absolute, out var endpoint))
        {
            exporter.Endpoint = endpoint;
        }

        exporter.Headers = Read(signal, "HEADERS") ?? exporter.Headers;
        if (int.TryParse(Read(signal, "TIMEOUT"), NumberStyles.None, CultureInfo.InvariantCulture, out var milliseconds))
        {
            exporter.TimeoutMilliseconds = milliseconds;
        }
    }

    private static string? Read(string signal, string name) =>
        Environment.GetEnvironmentVariable($"{Prefix}{signal}_{name}") is { Length: > 0 } value ? value : null;
}
