using System.Buffers.Binary;
using System.Globalization;

using Orchestrator.Benchmarks.Inputs;
using Orchestrator.Load;

namespace Orchestrator.Benchmarks.InProcess;

/// <summary>What a container can do when it is called directly: one connection, one call after the other, a fixed number of rows in each.</summary>
internal sealed class ContainerLimit(Uri infer, WideRows rows)
{
    private static readonly int[] Sizes = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048];
    private const int Bodies = 16;

    /// <summary>The labels that the container gives to all rows, asked in batches.</summary>
    public async Task<long[]> LabelsAsync(CancellationToken stop)
    {
        const int size = 256;
        var labels = new long[rows.Count];
        for (var first = 0; first < rows.Count; first += size)
        {
            var (body, headerLength) = rows.Infer(first, size);
            using var http = new HttpClient();
            using var content = new ByteArrayContent(body);
            content.Headers.ContentType = new("application/octet-stream");
            content.Headers.Add("Inference-Header-Content-Length", headerLength.ToString(CultureInfo.InvariantCulture));
            using var answer = await http.PostAsync(infer, content, stop);
            var bytes = await answer.Content.ReadAsByteArrayAsync(stop);
            for (var i = 0; i < Math.Min(size, rows.Count - first); i++)
            {
                labels[first + i] = BinaryPrimitives.ReadInt64LittleEndian(bytes.AsSpan(bytes.Length - ((size - i) * sizeof(long))));
            }
        }

        return labels;
    }

    /// <summary>Calls of <paramref name="size"/> rows for <paramref name="duration"/>.</summary>
    public async Task<(double RowsPerSecond, LatencyHistogram Latency)> MeasureAsync(int size, TimeSpan duration, CancellationToken stop)
    {
        var bodies = Enumerable.Range(0, Bodies).Select(i => rows.Infer(i * size, size)).ToArray();
        var plan = new LoadPlan
        {
            Uri = infer,
            Body = i => bodies[i % Bodies].Body,
            ContentType = "application/octet-stream",
            Headers = new Dictionary<string, string> { ["Inference-Header-Content-Length"] = bodies[0].HeaderLength.ToString(CultureInfo.InvariantCulture) },
            WarmUp = duration / 5,
            Duration = duration * 1.2,
        };
        var result = await LoadRunner.RunAsync(plan, stop: stop);
        return result.Counts.Total == result.Counts.Model
            ? (result.Counts.Model * size / result.Elapsed.TotalSeconds, result.ModelLatency)
            : throw new BenchmarkException($"{infer}: expected answers only, got {result}");
    }

    /// <summary>The most rows a second over all sizes whose p99 fits <paramref name="slo"/>, and the size that gave it.</summary>
    public async Task<(int Size, double RowsPerSecond, LatencyHistogram Latency)> BestAsync(TimeSpan slo, TimeSpan duration, CancellationToken stop)
    {
        var best = (Size: 0, RowsPerSecond: 0.0, Latency: new LatencyHistogram());
        var worse = 0;
        foreach (var size in Sizes)
        {
            var (rate, latency) = await MeasureAsync(size, duration, stop);
            if (latency.P99 > slo || worse > 2)
            {
                break;
            }

            worse = rate > best.RowsPerSecond ? 0 : worse + 1;
            best = rate > best.RowsPerSecond ? (size, rate, latency) : best;
        }

        return best;
    }
}
