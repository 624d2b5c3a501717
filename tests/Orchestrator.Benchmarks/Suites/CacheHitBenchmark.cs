using Orchestrator.Benchmarks.Cluster;
using Orchestrator.Benchmarks.Inputs;
using Orchestrator.Benchmarks.Results;
using Orchestrator.Load;

namespace Orchestrator.Benchmarks.Suites;

/// <summary>What everything around a prediction costs, when the prediction itself costs nothing.</summary>
internal sealed class CacheHitBenchmark : IBenchmark
{
    private const string PerSecond = "answers/s";
    private const string Orchestrator = "cache hit";
    private const string Bare = "bare Kestrel";

    public string Name => "cache-hits";

    public string Question => "how close is the cache-hit path to a bare web server?";

    public string Method => """
        64 connections in a closed loop send one fixed input of 64 doubles as JSON; the orchestrator answers from its prediction cache. *Bare Kestrel* is a process
        without routing or middleware that parses the same JSON into 64 doubles (`Utf8JsonReader`) and writes an answer of the same members and size.
        """;

    public IReadOnlyList<Comparison> Comparisons { get; } =
        [new("requests per second, cache hits / bare Kestrel", ComparisonKind.Ratio, PerSecond, Orchestrator, Bare, 0.5)];

    public async Task RunAsync(BenchmarkRun run, CancellationToken stop)
    {
        var rows = await DigitRows.MakeAsync(run.Options.Root, 1, await run.Cluster.ContainerAsync(ClusterUnderTest.Cached, stop), stop);
        await using var bare = await ChildProgram.StartAsync(typeof(BareKestrel).Assembly.Location, ["bare-kestrel"], Path.Combine(run.Options.Output, "bare-kestrel.log"));
        var address = new Uri(await bare.WaitForLineAsync(line => line.StartsWith("listens on ", StringComparison.Ordinal) ? line["listens on ".Length..] : null, stop));
        await run.AlternateAsync(
            [
                (Orchestrator, () => MeasureAsync(run, run.Cluster.Predict(ClusterUnderTest.Cached), run.Cluster.HostId, rows, rows.IsPredictRight, stop)),
                (Bare, () => MeasureAsync(run, new Uri(address, $"/{ClusterUnderTest.Cached}/predict"), bare.Id, rows, null, stop)),
            ],
            stop);
    }

    private static async Task<Measured> MeasureAsync(BenchmarkRun run, Uri uri, int server, DigitRows rows, AnswerCheck? check, CancellationToken stop)
    {
        var (serverBefore, ownBefore) = (CpuTime.Of([server]), CpuTime.Of([Environment.ProcessId]));
        var result = await run.LoadAsync(new LoadPlan { Uri = uri, Connections = run.Options.Connections, Body = rows.Predict }, check, stop);
        var wall = (result.Elapsed + TimeSpan.FromSeconds(Math.Min(2, run.Options.Seconds / 4))).TotalSeconds;
        return new Measured(
            new Dictionary<string, double>
            {
                [PerSecond] = result.Counts.Model / result.Elapsed.TotalSeconds,
                ["p50 ms"] = result.ModelLatency.P50.TotalMilliseconds,
                ["p99 ms"] = result.ModelLatency.P99.TotalMilliseconds,
                ["server cores"] = (CpuTime.Of([server]) - serverBefore).TotalSeconds / wall,
                ["generator cores"] = (CpuTime.Of([Environment.ProcessId]) - ownBefore).TotalSeconds / wall,
            },
            result.Counts.ToString());
    }
}
