using Orchestrator.Benchmarks.Cluster;
using Orchestrator.Benchmarks.Inputs;
using Orchestrator.Benchmarks.Results;
using Orchestrator.Core.Cluster;
using Orchestrator.Load;

namespace Orchestrator.Benchmarks.Suites;

/// <summary>What the two levels of the cache give where some questions come far more often than others.</summary>
internal sealed class RedisZipfBenchmark : IBenchmark
{
    private const int Keys = 20_000;
    private const int Drawn = 300_000;
    private const string Both = "costly";
    private const string Local = "costly-not-shared";
    private const string Plain = "costly-no-cache";
    private const string TwoLevels = "two levels";
    private const string OneLevel = "in process only";
    private const string NoCache = "no cache";
    private const string PerSecond = "answers/s";

    private int _measurement;

    public string Name => "redis-zipf";

    public string Question => "what does the cache give under a Zipf workload that is larger than the cache in the process?";

    public string Method => """
        64 connections in a closed loop ask a model that keeps a core busy for 1 ms a batch and 0.2 ms a row for 20,000 different numbers, the k-th most frequent 1/k as often as the first (Zipf 1.0). The cache in the process holds 1 MiB, a
        part of them. Each measurement asks other numbers, which no cache knows when its warm-up begins; every answer is checked. *In process only*: `cache: { shared: false }`. *% in process*, *% from Redis*: of the requests, by the orchestrator's own metrics,
        the warm-up included.
        """;

    public bool NeedsRedis => true;

    public IReadOnlyList<string> Arguments => ["--cache-mib", "1"];

    public IReadOnlyList<ModelUnderTest> Models { get; } =
    [
        CostlyModel.Named(Both, new CacheSpec()), CostlyModel.Named(Local, new CacheSpec { Shared = false }), CostlyModel.Named(Plain, new CacheSpec { Enabled = false }),
    ];

    public IReadOnlyList<Comparison> Comparisons { get; } =
    [
        new("answers per second, two levels / no cache", ComparisonKind.Ratio, PerSecond, TwoLevels, NoCache, null),
        new("answers per second, in process only / no cache", ComparisonKind.Ratio, PerSecond, OneLevel, NoCache, null),
    ];

    public Task RunAsync(BenchmarkRun run, CancellationToken stop) => run.AlternateAsync(
        [
            (TwoLevels, () => ZipfAsync(run, Both, stop)),
            (OneLevel, () => ZipfAsync(run, Local, stop)),
            (NoCache, () => ZipfAsync(run, Plain, stop)),
        ],
        stop);

    private async Task<Measured> ZipfAsync(BenchmarkRun run, string model, CancellationToken stop)
    {
        var rows = NumberRows.Zipf(++_measurement, Keys, Drawn);
        var (local, shared) = await FoundAsync(run, stop);
        var result = await run.LoadAsync(new LoadPlan { Uri = run.Cluster.Predict(model), Body = rows.Body, Connections = run.Options.Connections }, rows.IsRight, stop);
        var (localAfter, sharedAfter) = await FoundAsync(run, stop);
        var asked = (double)result.Series.Sum(i => (long)i.Counts.Total);
        return new Measured(
            new Dictionary<string, double>
            {
                [PerSecond] = result.Counts.Model / result.Elapsed.TotalSeconds,
                ["p50 ms"] = result.ModelLatency.P50.TotalMilliseconds,
                ["p99 ms"] = result.ModelLatency.P99.TotalMilliseconds,
                ["% in process"] = (localAfter - local) / asked * 100,
                ["% from Redis"] = (sharedAfter - shared) / asked * 100,
            },
            result.Counts.ToString());
    }

    private static async Task<(double InProcess, double FromRedis)> FoundAsync(BenchmarkRun run, CancellationToken stop) => (
        await HostMetrics.SumAsync(run.Cluster.Admin, "orchestrator_cache_requests_total", "result=\"hit\"", stop),
        await HostMetrics.SumAsync(run.Cluster.Admin, "orchestrator_store_reads_total", "result=\"hit\"", stop));
}
