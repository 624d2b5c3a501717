using Orchestrator.Benchmarks.Cluster;
using Orchestrator.Benchmarks.Inputs;
using Orchestrator.Benchmarks.Results;
using Orchestrator.Load;

namespace Orchestrator.Benchmarks.Suites;

/// <summary>What a request pays for the orchestrator when there is nothing to gain: random arrivals, far below what one row at a time can do.</summary>
internal sealed class LowLoadBenchmark : IBenchmark
{
    private const int Rows = 5_000;
    private const double Share = 0.1;
    private const int Connections = 16;
    private const string P50 = "p50 us";
    private const string Rest = "through REST";
    private const string Direct = "direct";

    public string Name => "low-load";

    public string Question => "how much latency does the orchestrator add at a tenth of the load that one row at a time can bear?";

    public string Method => """
        Logistic regression on digits, cache off, default batching policy. Requests arrive at random (Poisson) at a tenth of what one connection reaches that calls the container row after
        row; a latency counts from when the request was due. *through REST*: `POST /{app}/predict`, JSON. *direct*: the container itself, binary tensors, the same arrivals.
        """;

    public IReadOnlyList<ModelUnderTest> Models { get; } = [new(Digits.Plain) { Artefact = Digits.Logistic, Slo = TimeSpan.FromMilliseconds(20) }];

    public IReadOnlyList<Comparison> Comparisons { get; } =
        [new("p50 in us, through REST - direct", ComparisonKind.Difference, P50, Rest, Direct, 300, AtLeast: false)];

    public async Task RunAsync(BenchmarkRun run, CancellationToken stop)
    {
        var container = await run.Cluster.ContainerAsync(Digits.Plain, stop);
        var rows = await DigitRows.MakeAsync(run.Options.Root, Rows, container, stop);
        var direct = DirectCall.Plan(container, rows);
        var sequential = await LoadRunner.RunAsync(direct with { WarmUp = TimeSpan.FromSeconds(1), Duration = TimeSpan.FromSeconds(3) }, stop: stop);
        var rate = Share * sequential.PerSecond;
        var rest = new LoadPlan { Uri = run.Cluster.Predict(Digits.Plain), Body = rows.Predict };
        await run.AlternateAsync(
            [
                (Rest, () => MeasureAsync(run, rest with { Rate = rate, Connections = Connections }, rows.IsPredictRight, stop)),
                (Direct, () => MeasureAsync(run, direct with { Rate = rate, Connections = Connections }, rows.IsInferRight, stop)),
            ],
            stop);
    }

    private static async Task<Measured> MeasureAsync(BenchmarkRun run, LoadPlan plan, AnswerCheck check, CancellationToken stop)
    {
        var result = await run.LoadAsync(plan, check, stop);
        return new Measured(
            new Dictionary<string, double>
            {
                ["rate/s"] = plan.Rate!.Value,
                [P50] = result.ModelLatency.P50.TotalMicroseconds,
                ["p90 us"] = result.ModelLatency.P90.TotalMicroseconds,
                ["p99 us"] = result.ModelLatency.P99.TotalMicroseconds,
            },
            result.Counts.ToString());
    }
}
