using System.Buffers;

namespace Orchestrator.Host.Telemetry;

/// <summary><c>GET /metrics</c>.</summary>
internal static class MetricsEndpoint
{
    private const int FirstSize = 64 * 1024;

    public static void Map(IEndpointRouteBuilder routes) =>
        routes.MapGet("/metrics", (MetricsScrape scrape) =>
            {
                var buffer = new ArrayBufferWriter<byte>(FirstSize);
                scrape.Write(buffer);
                return Results.Bytes(buffer.WrittenMemory, PrometheusText.ContentType);
            })
            .WithSummary("Metrics in Prometheus' text format 0.0.4.").Produces<string>(contentType: "text/plain");
}
