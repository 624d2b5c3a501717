using Orchestrator.Benchmarks.Cluster;
using Orchestrator.Benchmarks.Inputs;
using Orchestrator.Benchmarks.Results;
using Orchestrator.Benchmarks.Servers;
using Orchestrator.Core.Cluster;
using Orchestrator.Load;

namespace Orchestrator.Benchmarks.Suites;

/// <summary>What the whole way costs: JSON in, cache missed, queue, container, JSON out; beside what others do with the same model.</summary>
internal sealed class RestMissBenchmark : IBenchmark
{
    private const int Rows = 20_000;
    private const string PerSecond = "answers/s";
    private const string P99 = "p99 ms";
    private const string Missed = "cache missed";
    private const string Off = "cache off";
    private const string Yarp = "bare YARP";
    private const string FastApi = "FastAPI";
    private const string Flask = "Flask";

    public string Name => "rest-miss";

    public string Question => "how many predictions a second over REST, when each reaches the model?";

    public string Method => """
        64 connections in a closed loop send 20,000 distinct rows of 64 doubles as JSON. *cache missed* and *cache off* go through `POST /{app}/predict` to logistic
        regression on digits, one scikit-learn replica, default batching policy; with the cache on, answers live for 1 ms, so each request pays for its key, its look-up and its
        entry and none is found. *bare YARP* has one route to one bare Kestrel process that parses the same JSON and answers without a model. *FastAPI* (uvicorn, uvloop,
        httptools) and *Flask* (gunicorn, threads) serve the same estimator with two workers; the sources are in `tests/Orchestrator.Benchmarks/Peers`. Answers of all but
        bare YARP are compared with the model's own labels.
        """;

    public IReadOnlyList<ModelUnderTest> Models { get; } =
    [
        new(Digits.Cached) { Artefact = Digits.Logistic, Cache = new CacheSpec { Ttl = TimeSpan.FromMilliseconds(1) } },
        new(Digits.Plain) { Artefact = Digits.Logistic },
    ];

    public IReadOnlyList<Comparison> Comparisons { get; } =
    [
        new("answers per second, cache missed / bare YARP", ComparisonKind.Ratio, PerSecond, Missed, Yarp, 1.5),
        new("p99, cache missed / bare YARP", ComparisonKind.Ratio, P99, Missed, Yarp, 1, AtLeast: false),
        new("answers per second, cache missed / FastAPI", ComparisonKind.Ratio, PerSecond, Missed, FastApi, 2),
        new("answers per second, cache missed / Flask", ComparisonKind.Ratio, PerSecond, Missed, Flask, null),
    ];

    public async Task RunAsync(BenchmarkRun run, CancellationToken stop)
    {
        var rows = await DigitRows.MakeAsync(run.Options.Root, Rows, await run.Cluster.ContainerAsync(Digits.Plain, stop), stop);
        await using var kestrel = await OtherServer.BareKestrelAsync(run.Options, stop);
        await using var yarp = await OtherServer.BareYarpAsync(run.Options, kestrel.Address, stop);
        await using var fastApi = await OtherServer.FastApiAsync(run.Options, Digits.Logistic, stop);
        await using var flask = await OtherServer.FlaskAsync(run.Options, Digits.Logistic, stop);
        IReadOnlyList<int> host = [run.Cluster.HostId, .. CpuTime.ChildrenOf(run.Cluster.HostId)];
        Task<Measured> MeasureAsync(Uri uri, IReadOnlyList<int> server, AnswerCheck? check) =>
            Saturation.MeasureAsync(run, new LoadPlan { Uri = uri, Body = rows.Predict }, server, check, stop);
        await run.AlternateAsync(
            [
                (Missed, () => MeasureAsync(run.Cluster.Predict(Digits.Cached), host, rows.IsPredictRight)),
                (Off, () => MeasureAsync(run.Cluster.Predict(Digits.Plain), host, rows.IsPredictRight)),
                (Yarp, () => MeasureAsync(new Uri(yarp.Address, "/digits/predict"), [.. yarp.Processes, .. kestrel.Processes], null)),
                (FastApi, () => MeasureAsync(new Uri(fastApi.Address, "/predict"), fastApi.Processes, rows.IsPredictRight)),
                (Flask, () => MeasureAsync(new Uri(flask.Address, "/predict"), flask.Processes, rows.IsPredictRight)),
            ],
            stop);
    }
}
