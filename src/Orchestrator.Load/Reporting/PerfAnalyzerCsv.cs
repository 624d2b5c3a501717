using System.Globalization;
using System.Text;

using Orchestrator.Load.Sweeping;

namespace Orchestrator.Load.Reporting;

/// <summary>Measurements in the columns of Triton's <c>perf_analyzer</c>, so that what reads its files reads ours. Times in microseconds.</summary>
public static class PerfAnalyzerCsv
{
    private const string Columns = "Inferences/Second,Client Send,Network+Server Send/Recv,Server Queue,Server Compute Input,Server Compute Infer,Server Compute Output,Client Recv,"
        + "p50 latency,p90 latency,p95 latency,p99 latency";

    /// <summary>The file's text.</summary>
    /// <param name="points">One line each. The first column is <c>Concurrency</c>, or <c>Request Rate</c> if any has a rate.</param>
    /// <param name="connections">Of closed loops.</param>
    /// <param name="server">Per point what the server says of the same time; null: unknown, written as 0.</param>
    public static string Write(IReadOnlyList<SweepPoint> points, int connections, IReadOnlyList<ServerTimes?> server)
    {
        ArgumentNullException.ThrowIfNull(points);
        ArgumentNullException.ThrowIfNull(server);
        var isRate = points.Any(p => p.Rate is not null);
        var text = new StringBuilder(isRate ? "Request Rate," : "Concurrency,").Append(Columns).Append('\n');
        for (var i = 0; i < points.Count; i++)
        {
            var (point, times) = (points[i], server[i] ?? default);
            var latency = point.Result.ModelLatency;
            var rest = Math.Max(0, Micros(latency.Mean) - Micros(times.Queue) - Micros(times.Compute));
            double[] values =
            [
                isRate ? point.Rate ?? 0 : connections, point.Result.InTimePerSecond, 0, rest, Micros(times.Queue), 0, Micros(times.Compute), 0, 0,
                Micros(latency.P50), Micros(latency.P90), Micros(latency.P95), Micros(latency.P99),
            ];
            text.AppendJoin(',', values.Select(v => v.ToString("0.##", CultureInfo.InvariantCulture))).Append('\n');
        }

        return text.ToString();
    }

    private static long Micros(TimeSpan time) => (long)time.TotalMicroseconds;
}

/// <summary>Means over a measurement, as the server counts them.</summary>
/// <param name="Queue">Waiting for a batch.</param>
/// <param name="Compute">Inside the model, per batch.</param>
public readonly record struct ServerTimes(TimeSpan Queue, TimeSpan Compute);
