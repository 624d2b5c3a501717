using System.Globalization;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Loggers;
using BenchmarkDotNet.Reports;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.Emit;
using Orchestrator.Benchmarks.Cluster;
using Orchestrator.Benchmarks.HotPath;
using Orchestrator.Benchmarks.Results;

namespace Orchestrator.Benchmarks.Suites;

/// <summary>The orchestrator's own code phase by phase, without sockets: time and allocation of each, and how they grow. Measured by BenchmarkDotNet.</summary>
internal sealed class HotPathBenchmark : IBenchmark
{
    private const string Nanos = "ns/request";
    private const string Bytes = "bytes/request";

    public string Name => "hot-path";

    public string Question => "what does each phase of a request cost, and how does it grow?";

    public string Method => """
        BenchmarkDotNet, in this process, one thread, no sockets: 64 doubles in, one label out. *read* and *write* are the bodies of `POST /{app}/predict` (JSON) and of `POST /v2/models/{model}/infer` (binary tensors); *predict* is everything between them: selection,
        cache key and look-up, or queue, batch and the way back, in front of a replica that answers at once. What a whole request costs beyond their sum (`request-cost`) is Kestrel, the sockets and the call to the container. *schedule* is one request's share of admission, batch and return when batches of 16 leave a queue of so many
        (*waiting*) for so many busy *replicas*. A round is an iteration; the budgets are the targets.
        """;

    public IReadOnlyList<ModelUnderTest> Models => [];

    public IReadOnlyList<Comparison> Comparisons { get; } =
    [
        Budget("read JSON", 1024),
        Budget("read binary", 2048),
        Budget("cache key", 0),
        Budget("predict, cache hit", 256),
        Budget("predict, queue and batch", 2048),
        Budget("write JSON", 0),
        Budget("write binary", 512),
        new("time to schedule with 10,000 waiting / 16 waiting", ComparisonKind.Ratio, Nanos, Schedule(10_000, 1), Schedule(16, 1), 3, AtLeast: false),
        new("time to schedule with 256 replicas / 1 replica", ComparisonKind.Ratio, Nanos, Schedule(1_000, 256), Schedule(1_000, 1), 1.2, AtLeast: false),
        new("time of a cache hit with 1,000 models / 2 models", ComparisonKind.Ratio, Nanos, "predict, cache hit, 1000 models", "predict, cache hit, 2 models", 1.2, AtLeast: false),
        new("time through the queue with 1,000 models / 2 models", ComparisonKind.Ratio, Nanos, "predict, queue and batch, 1000 models", "predict, queue and batch, 2 models", 1.2, AtLeast: false),
    ];

    public async Task RunAsync(BenchmarkRun run, CancellationToken stop)
    {
        using var log = new StreamLogger(Path.Combine(run.Options.Output, "hot-path.log"));
        foreach (var type in new[] { typeof(RequestPhases), typeof(QueueGrowth), typeof(ModelGrowth) })
        {
            stop.ThrowIfCancellationRequested();
            var summary = BenchmarkRunner.Run(type, Config(run.Options, log));
            foreach (var report in summary.Reports)
            {
                await KeepAsync(run, report, stop);
            }
        }
    }

    private static Comparison Budget(string phase, double bytes) => new($"bytes allocated: {phase}", ComparisonKind.Value, Bytes, phase, null, bytes, AtLeast: false);

    private static string Schedule(int waiting, int replicas) => $"schedule, {waiting} waiting, {replicas} replicas";

    /// <summary>In this process: a project that it generates and builds would need the feed.</summary>
    private static IConfig Config(BenchmarkOptions options, ILogger log) => ManualConfig.CreateEmpty()
        .AddJob(Job.Default.WithToolchain(InProcessEmitToolchain.Instance).WithWarmupCount(3).WithIterationCount(options.Rounds))
        .AddColumnProvider(DefaultConfig.Instance.GetColumnProviders().ToArray())
        .AddLogger(log)
        .WithArtifactsPath(Path.Combine(options.Output, "benchmark-dotnet"));

    private static async Task KeepAsync(BenchmarkRun run, BenchmarkReport report, CancellationToken stop)
    {
        var runs = report.GetResultRuns();
        if (!report.Success || runs.Count == 0)
        {
            throw new BenchmarkException($"{report.BenchmarkCase.DisplayInfo} gave no result; {Path.Combine(run.Options.Output, "hot-path.log")} says why");
        }

        var parameters = report.BenchmarkCase.Parameters.Items.Select(p => string.Create(CultureInfo.InvariantCulture, $", {p.Value} {p.Name.ToLowerInvariant()}"));
        var variant = report.BenchmarkCase.Descriptor.WorkloadMethodDisplayInfo.Trim('\'') + string.Concat(parameters);
        var bytes = report.GcStats.GetBytesAllocatedPerOperation(report.BenchmarkCase) ?? 0;
        for (var i = 0; i < runs.Count; i++)
        {
            await run.KeepAsync(i + 1, variant, new Measured(new Dictionary<string, double> { [Nanos] = runs[i].GetAverageTime().Nanoseconds, [Bytes] = bytes }, "BenchmarkDotNet"), stop);
        }
    }
}
