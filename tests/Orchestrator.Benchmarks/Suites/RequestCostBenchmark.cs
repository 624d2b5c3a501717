using Orchestrator.Benchmarks.Cluster;
using Orchestrator.Benchmarks.Inputs;
using Orchestrator.Benchmarks.Results;
using Orchestrator.Core.Cluster;
using Orchestrator.Load;

namespace Orchestrator.Benchmarks.Suites;

/// <summary>The allocation budget of a request, held against the real process, and what it costs in processor time.</summary>
internal sealed class RequestCostBenchmark : IBenchmark
{
    private const int Rows = 20_000;
    private const int Many = 1000;
    private const string Bytes = "bytes/request";
    private const string Micros = "orchestrator us/request";
    private const string Hit = "cache hit";
    private const string Missed = "cache missed";
    private const string Off = "cache off";
    private const string Binary = "binary /v2";
    private const string HitMany = "cache hit, 1,000 models";
    private const string Extra = "extra";

    public string Name => "request-cost";

    public string Question => "what does a request cost the orchestrator in memory and processor time?";

    public string Method => """
        64 connections in a closed loop, 64 doubles a request, logistic regression on digits. *bytes/request* are the bytes that the orchestrator's managed code allocated
        (`dotnet_gc_heap_total_allocated_bytes_total` of its `/metrics`) divided by the requests; *orchestrator us/request* is its processor time, user and system, from /proc. *cache missed* has
        answers live for 1 ms. *binary /v2* sends and gets raw tensors. *1,000 models*: the same orchestrator with 999 more models (that have no replica), each with an application.
        The budgets are the targets.
        """;

    public IReadOnlyList<ModelUnderTest> Models { get; } =
    [
        new(Digits.Cached) { Artefact = Digits.Logistic, Cache = new CacheSpec() },
        new("digits-missed") { Artefact = Digits.Logistic, Cache = new CacheSpec { Ttl = TimeSpan.FromMilliseconds(1) } },
        new(Digits.Plain) { Artefact = Digits.Logistic },
    ];

    public IReadOnlyList<Comparison> Comparisons { get; } =
    [
        new("bytes per request, cache hit", ComparisonKind.Value, Bytes, Hit, null, 1536, AtLeast: false),
        new("bytes per request, cache off", ComparisonKind.Value, Bytes, Off, null, 4096, AtLeast: false),
        new("bytes per request, cache missed", ComparisonKind.Value, Bytes, Missed, null, 5120, AtLeast: false),
        new("bytes per request, binary /v2", ComparisonKind.Value, Bytes, Binary, null, 5632, AtLeast: false),
        new("processor time, cache hit with 1,000 models / with 3", ComparisonKind.Ratio, Micros, HitMany, Hit, 1.1, AtLeast: false),
    ];

    public async Task RunAsync(BenchmarkRun run, CancellationToken stop)
    {
        var rows = await DigitRows.MakeAsync(run.Options.Root, Rows, await run.Cluster.ContainerAsync(Digits.Plain, stop), stop);
        var one = rows.Predict(0);
        var infer = DirectCall.Plan(new Uri(run.Cluster.Query, $"/v2/models/{Digits.Plain}/infer"), rows);
        LoadPlan Predict(string application) => new() { Uri = run.Cluster.Predict(application), Body = rows.Predict };
        var hit = Predict(Digits.Cached) with { Body = _ => one };
        await run.AlternateAsync(
            [
                (Hit, () => MeasureAsync(run, hit, (_, answer) => rows.IsPredictRight(0, answer), stop)),
                (Off, () => MeasureAsync(run, Predict(Digits.Plain), rows.IsPredictRight, stop)),
                (Missed, () => MeasureAsync(run, Predict("digits-missed"), rows.IsPredictRight, stop)),
                (Binary, () => MeasureAsync(run, infer, rows.IsInferRight, stop)),
                (HitMany, async () =>
                {
                    await run.Cluster.ChangeModelsAsync(Enumerable.Range(1, Many - 1).Select(i => $"{Extra}-{i}"), stop);
                    var measured = await MeasureAsync(run, hit, (_, answer) => rows.IsPredictRight(0, answer), stop);
                    await run.Cluster.ChangeModelsAsync([], stop);
                    return measured;
                }),
            ],
            stop);
    }

    private static async Task<Measured> MeasureAsync(BenchmarkRun run, LoadPlan plan, AnswerCheck check, CancellationToken stop)
    {
        int[] host = [run.Cluster.HostId];
        var (cpu, bytes) = (CpuTime.Of(host), await HostMetrics.AllocatedBytesAsync(run.Cluster.Admin, stop));
        var result = await run.LoadAsync(plan with { Connections = run.Options.Connections }, check, stop);
        // The warm-up's requests cost as well.
        var requests = (double)result.Series.Sum(i => i.Counts.Total);
        return new Measured(
            new Dictionary<string, double>
            {
                [Bytes] = (await HostMetrics.AllocatedBytesAsync(run.Cluster.Admin, stop) - bytes) / requests,
                [Micros] = (CpuTime.Of(host) - cpu).TotalMicroseconds / requests,
                ["answers/s"] = result.Counts.Model / result.Elapsed.TotalSeconds,
            },
            result.Counts.ToString());
    }
}
