using System.Globalization;
using System.Text;

using Orchestrator.Benchmarks.Cluster;
using Orchestrator.Benchmarks.Results;
using Orchestrator.Core.Cluster;
using Orchestrator.Load;

namespace Orchestrator.Benchmarks.Suites;

/// <summary>What is left of the goodput when twice as much is asked as can be done.</summary>
internal sealed class OverloadBenchmark : IBenchmark
{
    private const string Model = "noop-deferred";
    private const string Older = "noop-aimd";
    private const string InTime = "in time/s";
    private const string RefusedAfter = "refused p50 ms";
    private const string All = "any answer p99 ms";
    private const int MaxSize = 16;

    /// <summary>16 rows in 5 ms + 16 * 0.5 ms.</summary>
    private const double Capacity = MaxSize / 0.013;
    private static readonly TimeSpan Slo = TimeSpan.FromMilliseconds(50);

    public string Name => "overload";

    public string Question => "what is left of the goodput at twice the load that can be done?";

    public string Method { get; } = string.Create(CultureInfo.InvariantCulture, $"""
        A no-op container that sleeps 5 ms + 0.5 ms a row (lognormal noise 0.05), at most {MaxSize} rows, so that it and not the processor is the limit: {Capacity:0} rows/s. 50 ms SLO, no default output, cache off, `POST /APP/predict`, requests
        arrive at random (Poisson) at the load and at twice the load, whatever the server does; a latency counts from the time a request was meant to be sent. *In time* are answers of the model within 50 ms. *Refused p50* is the median
        time to a 429, 503 or 504. What a server without a look at deadlines does at these loads (its goodput
        falls to nothing) is in [simulation](simulation.md).
        """);

    public IReadOnlyList<ModelUnderTest> Models { get; } = [Noop(Model, "deferred"), Noop(Older, "aimd")];

    public IReadOnlyList<Comparison> Comparisons { get; } =
    [
        new("goodput, `deferred` at 2x / at 1x", ComparisonKind.Ratio, InTime, "deferred 2x", "deferred 1x", 0.95),
        new("median time to a refusal at 2x, ms", ComparisonKind.Value, RefusedAfter, "deferred 2x", null, 2, AtLeast: false),
        new("99 % have any answer (the model's, or a refusal) at 2x within, ms", ComparisonKind.Value, All, "deferred 2x", null, 51, AtLeast: false),
        new("goodput at 2x, `deferred` / `aimd`", ComparisonKind.Ratio, InTime, "deferred 2x", "aimd 2x", null),
        new("goodput at 1x, `deferred` / `aimd`", ComparisonKind.Ratio, InTime, "deferred 1x", "aimd 1x", null),
    ];

    public Task RunAsync(BenchmarkRun run, CancellationToken stop) => run.AlternateAsync(
        [
            ("deferred 1x", () => MeasureAsync(run, Model, 1, stop)),
            ("deferred 2x", () => MeasureAsync(run, Model, 2, stop)),
            ("aimd 1x", () => MeasureAsync(run, Older, 1, stop)),
            ("aimd 2x", () => MeasureAsync(run, Older, 2, stop)),
        ],
        stop);

    private static ModelUnderTest Noop(string name, string policy) => new(name)
    {
        Framework = "noop", Slo = Slo, Options = """{"baseMs":5,"perRowMs":0.5,"noise":0.05,"columns":1}""", Batching = new BatchingSpec { Policy = policy, MaxSize = MaxSize },
    };

    private static async Task<Measured> MeasureAsync(BenchmarkRun run, string model, double load, CancellationToken stop)
    {
        var body = Encoding.UTF8.GetBytes("""{"input":[1.0]}""");
        var result = await run.LoadAsync(new LoadPlan { Uri = run.Cluster.Predict(model), Body = _ => body, Slo = Slo, Rate = load * Capacity, Connections = 512 }, null, stop);
        return new Measured(
            new Dictionary<string, double>
            {
                ["offered/s"] = result.Counts.Total / result.Elapsed.TotalSeconds,
                [InTime] = result.InTimePerSecond,
                ["p50 ms"] = result.ModelLatency.P50.TotalMilliseconds,
                ["p99 ms"] = result.ModelLatency.P99.TotalMilliseconds,
                [RefusedAfter] = result.RefusalLatency.P50.TotalMilliseconds,
                ["refused p99 ms"] = result.RefusalLatency.P99.TotalMilliseconds,
                [All] = result.Latency.P99.TotalMilliseconds,
                ["any answer p99.9 ms"] = result.Latency.P999.TotalMilliseconds,
            },
            result.Counts.ToString());
    }
}
