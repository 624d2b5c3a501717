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
}
