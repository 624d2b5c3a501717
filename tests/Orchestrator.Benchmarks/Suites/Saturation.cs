using Orchestrator.Benchmarks.Cluster;
using Orchestrator.Load;

namespace Orchestrator.Benchmarks.Suites;

/// <summary>Measures what one server answers when every connection always has a request under way.</summary>
internal static class Saturation
{
    /// <param name="run">Says how long and over how many connections.</param>
    /// <param name="plan">Where the requests go.</param>
    /// <param name="server">The processes whose processor time is the server's.</param>
    /// <param name="check">Of the answers.</param>
    /// <param name="stop">Ends it early.</param>
    public static async Task<Measured> MeasureAsync(BenchmarkRun run, LoadPlan plan, IReadOnlyList<int> server, AnswerCheck? check, CancellationToken stop)
    {
        int[] own = [Environment.ProcessId];
        var (serverBefore, ownBefore) = (CpuTime.Of(server), CpuTime.Of(own));
        var result = await run.LoadAsync(plan with { Connections = run.Options.Connections }, check, stop);
        var wall = (result.Elapsed + run.WarmUp).TotalSeconds;
        return new Measured(
            new Dictionary<string, double>
            {
                ["answers/s"] = result.Counts.Model / result.Elapsed.TotalSeconds,
                ["p50 ms"] = result.ModelLatency.P50.TotalMilliseconds,
                ["p99 ms"] = result.ModelLatency.P99.TotalMilliseconds,
                ["server cores"] = (CpuTime.Of(server) - serverBefore).TotalSeconds / wall,
                ["generator cores"] = (CpuTime.Of(own) - ownBefore).TotalSeconds / wall,
            },
            result.Counts.ToString());
    }
}
