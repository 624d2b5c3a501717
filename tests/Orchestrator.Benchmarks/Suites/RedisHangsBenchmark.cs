using Orchestrator.Benchmarks.Cluster;
using Orchestrator.Benchmarks.Inputs;
using Orchestrator.Benchmarks.Results;
using Orchestrator.Core.Cluster;
using Orchestrator.Load;

namespace Orchestrator.Benchmarks.Suites;

/// <summary>What a Redis that hangs costs the requests that come meanwhile.</summary>
internal sealed class RedisHangsBenchmark : IBenchmark
{
    private const double Rate = 300;
    private const string Cached = "costly";
    private const string Plain = "costly-no-cache";
    private const string Hangs = "Redis hangs";
    private const string Answers = "Redis answers";
    private const string NoCache = "without cache";
    private const string P50 = "p50 ms";
    private const string P99 = "p99 ms";

    private int _measurement;

    public string Name => "redis-hangs";

    public string Question => "what do requests wait for while Redis hangs?";

    public string Method => """
        300 requests a second (open loop, Poisson) over 64 connections to a model that keeps a core busy for 1 ms a batch and 0.2 ms a row; each asks what nobody asked before, so that every request looks into Redis and finds nothing;
        SLO 1 s. *Redis hangs*: SIGSTOP when the counting begins, until it ends. *Without cache*: the same model with `cache: { enabled: false }`. Every answer is checked.
        """;

    public bool NeedsRedis => true;

    public IReadOnlyList<ModelUnderTest> Models { get; } = [CostlyModel.Named(Cached, new CacheSpec()), CostlyModel.Named(Plain, new CacheSpec { Enabled = false })];

    public IReadOnlyList<Comparison> Comparisons { get; } =
    [
        new("p99 in ms, Redis hangs - without cache", ComparisonKind.Difference, P99, Hangs, NoCache, null),
        new("p99, Redis hangs / without cache", ComparisonKind.Ratio, P99, Hangs, NoCache, null),
        new("p50 in ms, Redis hangs - without cache", ComparisonKind.Difference, P50, Hangs, NoCache, null),
        new("p50 in ms, a miss in a Redis that answers - without cache", ComparisonKind.Difference, P50, Answers, NoCache, null),
        new("p99 in ms, a miss in a Redis that answers - without cache", ComparisonKind.Difference, P99, Answers, NoCache, null),
    ];

    public Task RunAsync(BenchmarkRun run, CancellationToken stop) => run.AlternateAsync(
        [
            (Hangs, () => HungAsync(run, stop)),
            (Answers, () => DistinctAsync(run, Cached, stop)),
            (NoCache, () => DistinctAsync(run, Plain, stop)),
        ],
        stop);

    private async Task<Measured> HungAsync(BenchmarkRun run, CancellationToken stop)
    {
        try
        {
            var measuring = DistinctAsync(run, Cached, stop);
            await Task.Delay(run.WarmUp, TimeProvider.System, stop);
            run.Redis.Hang();
            return await measuring;
        }
        finally
        {
            run.Redis.Resume();
            await HostMetrics.UntilAsync(run.Cluster.Admin, "orchestrator_store_connected", 1, stop);
        }
    }

    private async Task<Measured> DistinctAsync(BenchmarkRun run, string model, CancellationToken stop)
    {
        var rows = NumberRows.Distinct(++_measurement);
        var plan = new LoadPlan { Uri = run.Cluster.Predict(model), Body = rows.Body, Rate = Rate, Connections = run.Options.Connections };
        var result = await run.LoadAsync(plan, rows.IsRight, stop);
        return new Measured(
            new Dictionary<string, double>
            {
                [P50] = result.ModelLatency.P50.TotalMilliseconds, [P99] = result.ModelLatency.P99.TotalMilliseconds, ["max ms"] = result.ModelLatency.Max.TotalMilliseconds,
            },
            result.Counts.ToString());
    }
}
