using Orchestrator.Benchmarks.Cluster;
using Orchestrator.Benchmarks.Inputs;
using Orchestrator.Benchmarks.Results;
using Orchestrator.Benchmarks.Servers;
using Orchestrator.Core.Cluster;
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

    public IReadOnlyList<ModelUnderTest> Models { get; } = [new(Digits.Cached) { Artefact = Digits.Logistic, Cache = new CacheSpec() }];

    public IReadOnlyList<Comparison> Comparisons { get; } =
        [new("requests per second, cache hits / bare Kestrel", ComparisonKind.Ratio, PerSecond, Orchestrator, Bare, 0.8)];

    public async Task RunAsync(BenchmarkRun run, CancellationToken stop)
    {
        var rows = await DigitRows.MakeAsync(run.Options.Root, 1, await run.Cluster.ContainerAsync(Digits.Cached, stop), stop);
        await using var bare = await OtherServer.BareKestrelAsync(run.Options, stop);
        Task<Measured> MeasureAsync(Uri uri, IReadOnlyList<int> server, AnswerCheck? check) =>
            Saturation.MeasureAsync(run, new LoadPlan { Uri = uri, Body = rows.Predict }, server, check, stop);
        await run.AlternateAsync(
            [
                (Orchestrator, () => MeasureAsync(run.Cluster.Predict(Digits.Cached), [run.Cluster.HostId], rows.IsPredictRight)),
                (Bare, () => MeasureAsync(new Uri(bare.Address, $"/{Digits.Cached}/predict"), bare.Processes, null)),
            ],
            stop);
    }
}
