using Orchestrator.Benchmarks.Cluster;
using Orchestrator.Benchmarks.Inputs;
using Orchestrator.Benchmarks.Results;

namespace Orchestrator.Benchmarks.Suites;

/// <summary>What the orchestrator and its containers cost while nobody asks them anything.</summary>
internal sealed class IdleBenchmark : IBenchmark
{
    private const string Percent = "% of a core";
    private const string Host = "orchestrator";
    private const string Container = "sklearn container";
    private static readonly TimeSpan Quiet = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan Watched = TimeSpan.FromSeconds(8);

    public string Name => "idle";

    public string Question => "how much processor time is used while nothing is asked?";

    public string Method => """
        Processor time (user and system, from /proc) over 8 s without a request, after 2 s of quiet: of the orchestrator, and of all its child processes
        divided by the number of scikit-learn containers.
        """;

    public IReadOnlyList<ModelUnderTest> Models { get; } = [.. Enumerable.Range(1, 5).Select(i => new ModelUnderTest($"digits-{i}") { Artefact = Digits.Logistic })];

    public IReadOnlyList<Comparison> Comparisons { get; } =
    [
        new("orchestrator, % of a core", ComparisonKind.Value, Percent, Host, null, 2, AtLeast: false),
        new("one scikit-learn container, % of a core", ComparisonKind.Value, Percent, Container, null, 2, AtLeast: false),
    ];

    public async Task RunAsync(BenchmarkRun run, CancellationToken stop)
    {
        await run.AlternateAsync(
            [
                (Host, () => MeasureAsync([run.Cluster.HostId], 1, stop)),
                (Container, () => MeasureAsync(CpuTime.ChildrenOf(run.Cluster.HostId), run.Cluster.Containers, stop)),
            ],
            stop);
    }

    private static async Task<Measured> MeasureAsync(IReadOnlyList<int> pids, int share, CancellationToken stop)
    {
        await Task.Delay(Quiet, TimeProvider.System, stop);
        var time = TimeProvider.System;
        var (before, begun) = (CpuTime.Of(pids), time.GetTimestamp());
        await Task.Delay(Watched, time, stop);
        var used = (CpuTime.Of(pids) - before) / share;
        return new Measured(new Dictionary<string, double> { [Percent] = 100 * (used / time.GetElapsedTime(begun)), ["processes"] = pids.Count }, "none");
    }
}
