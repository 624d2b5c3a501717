using Orchestrator.Benchmarks.Cluster;
using Orchestrator.Benchmarks.Inputs;
using Orchestrator.Benchmarks.Results;

namespace Orchestrator.Benchmarks.Suites;

/// <summary>One question about performance: what is measured, in which variants, and what must come out.</summary>
internal interface IBenchmark
{
    /// <summary>Selects it on the command line.</summary>
    string Name { get; }

    /// <summary>What it asks, one line.</summary>
    string Question { get; }

    /// <summary>How it is measured, for the report: Markdown.</summary>
    string Method { get; }

    /// <summary>What the benchmark's orchestrator serves; none: it needs no orchestrator.</summary>
    IReadOnlyList<ModelUnderTest> Models { get; }

    /// <summary>Whether the orchestrator has a Redis. Default false.</summary>
    bool NeedsRedis => false;

    /// <summary>More of the orchestrator's options. Default none.</summary>
    IReadOnlyList<string> Arguments => [];

    /// <summary>What is judged.</summary>
    IReadOnlyList<Comparison> Comparisons { get; }

    /// <summary>Measures all rounds, giving each row to the run.</summary>
    Task RunAsync(BenchmarkRun run, CancellationToken stop);
}

/// <summary>Every benchmark there is.</summary>
internal static class AllBenchmarks
{
    public static IReadOnlyList<IBenchmark> List { get; } =
    [
        new BatchingBenchmark(),
        new CacheHitBenchmark(),
        new RestMissBenchmark(),
        new RequestCostBenchmark(),
        new HotPathBenchmark(),
        new LowLoadBenchmark(),
        new AddedLatencyBenchmark(),
        new FeaturesBenchmark(),
        new RedisHitsBenchmark(),
        new RedisHangsBenchmark(),
        new RedisZipfBenchmark(),
        new CostlyModelBenchmark(),
        new IdleBenchmark(),
        new DockerBenchmark(),
        new SchedulerBenchmark(),
        new OverloadBenchmark(),
        new SimulatorBenchmark(),
        new InProcessBenchmark(TrainedModels.LinearSvm, "Linear SVM, two classes", 25.5, 26),
        new InProcessBenchmark(TrainedModels.Logistic, "Logistic regression, ten classes", 24.6, null),
        new InProcessBenchmark(TrainedModels.KernelSvm, "Kernel SVM, ten classes", 0.97, null),
        new ReplicasBenchmark(),
        new SoakBenchmark(),
    ];
}
