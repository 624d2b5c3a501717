using System.Globalization;

namespace Orchestrator.Benchmarks.Cluster;

/// <summary>What the orchestrator's own <c>/metrics</c> says of its process.</summary>
internal static class HostMetrics
{
    private const string Allocated = "dotnet_gc_heap_total_allocated_bytes_total";

    /// <summary>Bytes that its managed code has allocated since it started.</summary>
    public static async Task<double> AllocatedBytesAsync(HttpClient admin, CancellationToken stop)
    {
        var text = await admin.GetStringAsync("metrics", stop);
        var line = text.Split('\n').FirstOrDefault(l => l.StartsWith(Allocated, StringComparison.Ordinal)) ?? throw new BenchmarkException($"/metrics has no {Allocated}");
        return double.Parse(line[(line.LastIndexOf(' ') + 1)..], CultureInfo.InvariantCulture);
    }

    /// <summary>The sum of a metric's series whose labels hold a text; 0 without any.</summary>
    public static async Task<double> SumAsync(HttpClient admin, string metric, string label, CancellationToken stop)
    {
        var text = await admin.GetStringAsync("metrics", stop);
        return text.Split('\n')
            .Where(l => l.StartsWith(metric, StringComparison.Ordinal) && l.Length > metric.Length && (l[metric.Length] is '{' or ' ') && l.Contains(label, StringComparison.Ordinal))
            .Sum(l => double.Parse(l[(l.LastIndexOf(' ') + 1)..], CultureInfo.InvariantCulture));
    }

    /// <summary>Until a metric has a value.</summary>
    public static async Task UntilAsync(HttpClient admin, string metric, double value, CancellationToken stop)
    {
        using var timeout = new CancellationTokenSource(TimeSpan.FromSeconds(30), TimeProvider.System);
        while (await SumAsync(admin, metric, "", stop) is var seen && seen != value)
        {
            if (timeout.IsCancellationRequested)
            {
                throw new BenchmarkException($"{metric} is {seen} after 30 s, expected {value}");
            }

            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, stop);
        }
    }
}
