using Orchestrator.Benchmarks.Cluster;
using Orchestrator.Benchmarks.InProcess;
using Orchestrator.Benchmarks.Inputs;
using Orchestrator.Benchmarks.Results;
using Orchestrator.Core.Cluster;
using Orchestrator.Core.Time;
using Orchestrator.Load;
using Orchestrator.Serving.Prediction;

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
    private const string InProcess = "in process";
    private const string DirectClient = "direct, HttpClient";
    private static readonly TimeSpan Slo = TimeSpan.FromMilliseconds(20);

    public string Name => "low-load";

    public string Question => "how much latency does the orchestrator add at a tenth of the load that one row at a time can bear?";

    public string Method => """
        Logistic regression on digits, cache off, default batching policy. Requests arrive at random (Poisson) at a tenth of what one connection reaches that calls the container row after
        row; a latency counts from when the request was due. *through REST*: `POST /{app}/predict`, JSON. *direct*: the container itself, binary tensors, the same arrivals.
        *in process*: the data plane inside the benchmark's process, without REST; *direct, HttpClient*: the container called from there with .NET's client, as the data plane calls it; both timed from the call.
        """;

    public IReadOnlyList<ModelUnderTest> Models { get; } = [new(Digits.Plain) { Artefact = Digits.Logistic, Slo = Slo }];

    public IReadOnlyList<Comparison> Comparisons { get; } =
    [
        new("p50 in us, through REST - direct", ComparisonKind.Difference, P50, Rest, Direct, 300, AtLeast: false),
        new("p50, in process - direct, divided by the larger of 60 us and 20 % of direct", ComparisonKind.Excess, P50, InProcess, DirectClient, 1, AtLeast: false) { Allowance = (0.2, 60) },
        new("p50, in process / direct", ComparisonKind.Ratio, P50, InProcess, DirectClient, null),
        new("p50 in us, in process - direct", ComparisonKind.Difference, P50, InProcess, DirectClient, null),
    ];

    public async Task RunAsync(BenchmarkRun run, CancellationToken stop)
    {
        var container = await run.Cluster.ContainerAsync(Digits.Plain, stop);
        var rows = await DigitRows.MakeAsync(run.Options.Root, Rows, container, stop);
        var direct = DirectCall.Plan(container, rows);
        var sequential = await LoadRunner.RunAsync(direct with { WarmUp = TimeSpan.FromSeconds(1), Duration = TimeSpan.FromSeconds(3) }, stop: stop);
        var rate = Share * sequential.PerSecond;
        var rest = new LoadPlan { Uri = run.Cluster.Predict(Digits.Plain), Body = rows.Predict };
        await using var plane = await LocalDataPlane.StartAsync(ContainerSnapshot.Of(Digits.Plain, Slo, DigitRows.Pixels, "FP64", [container], [BatchingSpec.DefaultPolicy]), stop);
        var version = plane.Version(Digits.Plain, BatchingSpec.DefaultPolicy);
        using var client = new HttpClient();
        await run.AlternateAsync(
            [
                (Rest, () => MeasureAsync(run, rest with { Rate = rate, Connections = Connections }, rows.IsPredictRight, stop)),
                (Direct, () => MeasureAsync(run, direct with { Rate = rate, Connections = Connections }, rows.IsInferRight, stop)),
                (InProcess, () => CallAsync(run, rate, PredictAsync)),
                (DirectClient, () => CallAsync(run, rate, PostAsync)),
            ],
            stop);

        async Task<bool> PredictAsync(int index)
        {
            var call = new PredictionCall { Target = version, Inputs = [rows.Row(index)], Outputs = [], Deadline = Deadline.At(TimeProvider.System, TimeProvider.System.GetTimestamp(), Slo) };
            var outcome = await plane.Service.PredictAsync(call, CancellationToken.None);
            return outcome.Kind == OutcomeKind.Ok && rows.IsInferRight(index, outcome.Outputs[0].Data.Span);
        }

        async Task<bool> PostAsync(int index)
        {
            using var content = new ReadOnlyMemoryContent(rows.Infer(index));
            content.Headers.Add("Content-Type", direct.ContentType);
            foreach (var (name, value) in direct.Headers)
            {
                content.Headers.Add(name, value);
            }

            using var answer = await client.PostAsync(container, content, stop);
            return rows.IsInferRight(index, await answer.Content.ReadAsByteArrayAsync(stop));
        }
    }

    private static async Task<Measured> CallAsync(BenchmarkRun run, double rate, Func<int, Task<bool>> call)
    {
        var (latency, missed) = await RareCalls.RunAsync(rate, run.WarmUp, run.Share(1), call);
        return ToMeasured(rate, latency, $"right {latency.Count}, none {missed}");
    }

    private static async Task<Measured> MeasureAsync(BenchmarkRun run, LoadPlan plan, AnswerCheck check, CancellationToken stop)
    {
        var result = await run.LoadAsync(plan, check, stop);
        return ToMeasured(plan.Rate!.Value, result.ModelLatency, result.Counts.ToString());
    }

    private static Measured ToMeasured(double rate, LatencyHistogram latency, string note) => new(
        new Dictionary<string, double>
        {
            ["rate/s"] = rate,
            [P50] = latency.P50.TotalMicroseconds,
            ["p90 us"] = latency.P90.TotalMicroseconds,
            ["p99 us"] = latency.P99.TotalMicroseconds,
        },
        note);
}
