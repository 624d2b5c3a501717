using Orchestrator.Benchmarks.Cluster;
using Orchestrator.Benchmarks.Inputs;
using Orchestrator.Benchmarks.Results;
using Orchestrator.Load;

namespace Orchestrator.Benchmarks.Suites;

/// <summary>What a request pays for going through the orchestrator when there is nothing to gain from it.</summary>
internal sealed class AddedLatencyBenchmark : IBenchmark
{
    private const int Rows = 5_000;
    private const string Median = "p50 ms";
    private const string Orchestrator = "orchestrator";
    private const string Direct = "direct";

    public string Name => "added-latency";

    public string Question => "how much latency does the orchestrator add at low load?";

    public string Method => """
        Logistic regression on digits, cache off, default batching policy. One connection sends one row after the other: through `POST /{app}/predict` (JSON), and to
        the same container directly (binary tensors).
        """;

    public IReadOnlyList<ModelUnderTest> Models { get; } = [new(Digits.Plain) { Artefact = Digits.Logistic }];

    public IReadOnlyList<Comparison> Comparisons { get; } =
        [new("p50 in ms, through the orchestrator - direct", ComparisonKind.Difference, Median, Orchestrator, Direct, null)];

    public async Task RunAsync(BenchmarkRun run, CancellationToken stop)
    {
        var container = await run.Cluster.ContainerAsync(Digits.Plain, stop);
        var rows = await DigitRows.MakeAsync(run.Options.Root, Rows, container, stop);
        var through = new LoadPlan { Uri = run.Cluster.Predict(Digits.Plain), Body = rows.Predict };
        await run.AlternateAsync(
            [
                (Orchestrator, () => MeasureAsync(run, through, rows.IsPredictRight, stop)),
                (Direct, () => MeasureAsync(run, DirectCall.Plan(container, rows), rows.IsInferRight, stop)),
            ],
            stop);
    }

    private static async Task<Measured> MeasureAsync(BenchmarkRun run, LoadPlan plan, AnswerCheck check, CancellationToken stop)
    {
        var result = await run.LoadAsync(plan, check, stop);
        return new Measured(
            new Dictionary<string, double>
            {
                [Median] = result.ModelLatency.P50.TotalMilliseconds,
                ["p90 ms"] = result.ModelLatency.P90.TotalMilliseconds,
                ["p99 ms"] = result.ModelLatency.P99.TotalMilliseconds,
                ["p999 ms"] = result.ModelLatency.P999.TotalMilliseconds,
            },
            result.Counts.ToString());
    }
}
