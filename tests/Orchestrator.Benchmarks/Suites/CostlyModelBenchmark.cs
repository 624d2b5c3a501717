using Orchestrator.Benchmarks.Cluster;
using Orchestrator.Benchmarks.Inputs;
using Orchestrator.Benchmarks.Results;
using Orchestrator.Benchmarks.Servers;
using Orchestrator.Load;

namespace Orchestrator.Benchmarks.Suites;

/// <summary>A model that takes milliseconds: what batching is worth beside a server that takes request by request.</summary>
internal sealed class CostlyModelBenchmark : IBenchmark
{
    private const int Rows = 20_000;
    private const string Orchestrator = "orchestrator";
    private const string FastApi = "FastAPI";
    private const string InTime = "in time/s";
    private const string Answers = "answers/s";
    private static readonly TimeSpan Slo = TimeSpan.FromMilliseconds(100);

    public string Name => "costly-model";

    public string Question => "how many answers in time does a model of about 7 ms a row give at a 100 ms SLO?";

    public string Method => """
        Random forest of 300 trees on digits, one scikit-learn replica, default batching policy, cache off, 64 connections in a closed loop, 20,000 distinct rows. *FastAPI*: the same model
        with two workers (`tests/Orchestrator.Benchmarks/Peers`). *In time* are right answers within 100 ms as the client sees it.
        """;

    public IReadOnlyList<ModelUnderTest> Models { get; } = [new(TrainedModels.Forest300) { Artefact = TrainedModels.Artefact(TrainedModels.Forest300), Slo = Slo }];

    public IReadOnlyList<Comparison> Comparisons { get; } =
    [
        new("answers in time per second, orchestrator / FastAPI", ComparisonKind.Ratio, InTime, Orchestrator, FastApi, 10),
        // At this load nearly all of FastAPI's are late: beside them in time or late alike the ratio says more.
        new("answers per second, in time or late, orchestrator / FastAPI", ComparisonKind.Ratio, Answers, Orchestrator, FastApi, 10),
    ];

    public async Task RunAsync(BenchmarkRun run, CancellationToken stop)
    {
        var rows = await DigitRows.MakeAsync(run.Options.Root, Rows, await run.Cluster.ContainerAsync(TrainedModels.Forest300, stop), stop);
        await using var fastApi = await OtherServer.FastApiAsync(run.Options, TrainedModels.Artefact(TrainedModels.Forest300), stop);
        await run.AlternateAsync(
            [
                (Orchestrator, () => MeasureAsync(run, run.Cluster.Predict(TrainedModels.Forest300), rows, stop)),
                (FastApi, () => MeasureAsync(run, new Uri(fastApi.Address, "/predict"), rows, stop)),
            ],
            stop);
    }

    private static async Task<Measured> MeasureAsync(BenchmarkRun run, Uri uri, DigitRows rows, CancellationToken stop)
    {
        var result = await run.LoadAsync(new LoadPlan { Uri = uri, Body = rows.Predict, Connections = run.Options.Connections, Slo = Slo }, rows.IsPredictRight, stop);
        return new Measured(
            new Dictionary<string, double>
            {
                [InTime] = result.InTimePerSecond,
                [Answers] = result.Counts.Model / result.Elapsed.TotalSeconds,
                ["late/s"] = (result.Counts.Model - result.InTime) / result.Elapsed.TotalSeconds,
                ["refused/s"] = (result.Counts.Total - result.Counts.Model) / result.Elapsed.TotalSeconds,
                ["p50 ms"] = result.ModelLatency.P50.TotalMilliseconds,
                ["p99 ms"] = result.ModelLatency.P99.TotalMilliseconds,
            },
            result.Counts.ToString());
    }
}
