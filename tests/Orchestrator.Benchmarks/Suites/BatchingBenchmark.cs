using Orchestrator.Benchmarks.Cluster;
using Orchestrator.Benchmarks.Inputs;
using Orchestrator.Benchmarks.Results;
using Orchestrator.Core.Cluster;
using Orchestrator.Load;

namespace Orchestrator.Benchmarks.Suites;

/// <summary>What adaptive batching is worth for a model whose batches cost little more than single rows.</summary>
internal sealed class BatchingBenchmark : IBenchmark
{
    private const int Rows = 20_000;
    private const string InTime = "in time/s";
    private const string Sequential = "sequential";
    private static readonly TimeSpan Slo = TimeSpan.FromMilliseconds(20);
    private static readonly string[] Policies = ["none", "aimd", "deferred"];

    public string Name => "batching";

    public string Question => "what does adaptive batching add at a 20 ms SLO?";

    public string Method => """
        Random forest of 100 trees on digits (`samples/digits/models/digits-forest.joblib`), one scikit-learn replica per policy, cache off, 20 ms SLO, no default
        output. 64 connections in a closed loop send 20,000 distinct rows through `POST /{app}/predict`; each answer is compared with the label that the container
        gives the row in a large batch. *In time* are right answers of the model within 20 ms as the client sees it. `sequential` is one connection that calls
        the container of `none` itself, one row after the other, binary tensors, no orchestrator.
        """;

    public IReadOnlyList<ModelUnderTest> Models { get; } =
        [.. Policies.Select(policy => new ModelUnderTest(Forest(policy)) { Artefact = Digits.Forest, Slo = Slo, Batching = new BatchingSpec { Policy = policy } })];

    public IReadOnlyList<Comparison> Comparisons { get; } =
    [
        new("in-time answers, `aimd` / `none`", ComparisonKind.Ratio, InTime, "aimd", "none", null),
        new("in-time answers, `deferred` / `none`", ComparisonKind.Ratio, InTime, "deferred", "none", 10),
        new("in-time answers, `none` / sequential loop", ComparisonKind.Ratio, InTime, "none", Sequential, 0.85),
    ];

    public async Task RunAsync(BenchmarkRun run, CancellationToken stop)
    {
        var container = await run.Cluster.ContainerAsync(Forest("none"), stop);
        var rows = await DigitRows.MakeAsync(run.Options.Root, Rows, container, stop);
        await run.AlternateAsync(
            [
                (Sequential, () => MeasureAsync(run, DirectCall.Plan(container, rows), rows.IsInferRight, stop)),
                .. Policies.Select(policy => (policy, (Func<Task<Measured>>)(() => MeasureAsync(run, Plan(run, policy, rows), rows.IsPredictRight, stop)))),
            ],
            stop);
    }

    private static string Forest(string policy) => "forest-" + policy;

    private static LoadPlan Plan(BenchmarkRun run, string policy, DigitRows rows) => new()
    {
        Uri = run.Cluster.Predict(Forest(policy)),
        Connections = run.Options.Connections,
        Body = rows.Predict,
        Slo = Slo,
    };

    private static async Task<Measured> MeasureAsync(BenchmarkRun run, LoadPlan plan, AnswerCheck check, CancellationToken stop)
    {
        var before = Cpu(run);
        var result = await run.LoadAsync(plan, check, stop);
        var spent = Cpu(run).Minus(before);
        var wall = (result.Elapsed + run.WarmUp).TotalSeconds;
        return new Measured(
            new Dictionary<string, double>
            {
                [InTime] = result.InTimePerSecond,
                ["late/s"] = (result.Counts.Model - result.InTime) / result.Elapsed.TotalSeconds,
                ["refused/s"] = (result.Counts.Total - result.Counts.Model) / result.Elapsed.TotalSeconds,
                ["p50 ms"] = result.ModelLatency.P50.TotalMilliseconds,
                ["p99 ms"] = result.ModelLatency.P99.TotalMilliseconds,
                ["orchestrator cores"] = spent.Host.TotalSeconds / wall,
                ["container cores"] = spent.Containers.TotalSeconds / wall,
                ["generator cores"] = spent.Generator.TotalSeconds / wall,
            },
            result.Counts.ToString());
    }

    private static CpuShares Cpu(BenchmarkRun run) => CpuShares.Now(run.Cluster.HostId);
}
