using System.Globalization;
using Orchestrator.Load.Reporting;

namespace Orchestrator.Cli.Measuring;

/// <summary>What the orchestrator's own histograms said at one moment; two moments give the means between them.</summary>
/// <param name="QueueSum">Seconds that requests waited.</param>
/// <param name="QueueCount">Requests.</param>
/// <param name="ComputeSum">Seconds inside the model.</param>
/// <param name="ComputeCount">Batches.</param>
internal readonly record struct ServerClock(double QueueSum, double QueueCount, double ComputeSum, double ComputeCount)
{
    /// <summary>Reads <c>/metrics</c>; null when there is none to be had: the measurement does not depend on it.</summary>
    public static async Task<ServerClock?> ReadAsync(HttpClient http, Uri admin, string model, CancellationToken stop)
    {
        try
        {
            var text = await http.GetStringAsync(new Uri(admin, "metrics"), stop);
            var lines = text.Split('\n').Where(l => l.Contains($"model=\"{model}\"", StringComparison.Ordinal)).ToArray();
            return new ServerClock(
                Sum(lines, "orchestrator_queue_duration_seconds_sum"), Sum(lines, "orchestrator_queue_duration_seconds_count"),
                Sum(lines, "orchestrator_compute_duration_seconds_sum"), Sum(lines, "orchestrator_compute_duration_seconds_count"));
        }
        catch (HttpRequestException)
        {
            return null;
        }
    }

    /// <summary>Means since <paramref name="earlier"/>.</summary>
    public ServerTimes Since(in ServerClock earlier) => new(Mean(QueueSum - earlier.QueueSum, QueueCount - earlier.QueueCount), Mean(ComputeSum - earlier.ComputeSum, ComputeCount - earlier.ComputeCount));

    private static TimeSpan Mean(double seconds, double count) => count > 0 ? TimeSpan.FromSeconds(seconds / count) : TimeSpan.Zero;

    private static double Sum(string[] lines, string name) => lines
        .Where(l => l.StartsWith(name, StringComparison.Ordinal))
        .Sum(l => double.TryParse(l[(l.LastIndexOf(' ') + 1)..], CultureInfo.InvariantCulture, out var value) ? value : 0);
}
