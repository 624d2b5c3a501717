using System.Globalization;

using Orchestrator.Benchmarks.Cluster;
using Orchestrator.Benchmarks.InProcess;
using Orchestrator.Benchmarks.Inputs;
using Orchestrator.Benchmarks.Results;
using Orchestrator.Core.Cluster;

namespace Orchestrator.Benchmarks.Suites;

/// <summary>How near adaptive batching comes to what a container can do at all, measured as Clipper's own figures were: without REST.</summary>
internal sealed class InProcessBenchmark(string model, string title, double clippers, double? goal) : IBenchmark
{
    private const string PerSecond = "rows/s";
    private const string None = "none";
    private const string Sequential = "sequential";
    private const string Limit = "container's limit";
    private const string P99 = "p99 ms";
    private const string OwnCores = "data plane and callers, cores";
    private const string ContainerCores = "container cores";
    private const string Adaptive = BatchingSpec.DefaultPolicy;
    private const int SloShare = 3;
    private static readonly TimeSpan Slo = TimeSpan.FromMilliseconds(20);
    private static readonly string[] Policies = [None, Adaptive];

    public string Name => "in-process-" + model;

    public string Question => $"{title}, 784 FP32, 20 ms SLO: what does adaptive batching add, and how much is there to add?";

    public string Method { get; } = string.Create(CultureInfo.InvariantCulture, $"""
        {title} on load_digits scaled up to 28x28 = 784 FP32 per row, one scikit-learn container, called by the data plane inside the benchmark's process (no REST), cache off. *{Adaptive}* and
        *{None}* are batching policies; callers wait for their answer and ask again at once: 8 of them for *{None}*, which keep it busy, and as many as the container can answer directly in a third of the SLO (64 to
        4,096) for *{Adaptive}*. *rows/s* are right answers within 20 ms.
        *{Sequential}*: one connection calls the container row after row. *{Limit}*: the same with 1, 2, 4, ... 2,048 rows a call, the best rows/s among the sizes whose p99 fits the SLO.
        Clipper (NSDI'17, figure 4) measured {clippers} for adaptive over none with this kind of model.
        """);

    public IReadOnlyList<ModelUnderTest> Models { get; } = [new(model) { Artefact = TrainedModels.Artefact(model) }];

    public IReadOnlyList<Comparison> Comparisons { get; } =
    [
        new($"rows/s, `{None}` / sequential", ComparisonKind.Ratio, PerSecond, None, Sequential, 0.85),
        new($"rows/s, `{Adaptive}` / the container's limit", ComparisonKind.Ratio, PerSecond, Adaptive, Limit, 0.85),
        new($"p99 of `{Adaptive}`, ms", ComparisonKind.Value, P99, Adaptive, null, Slo.TotalMilliseconds, AtLeast: false),
        new(string.Create(CultureInfo.InvariantCulture, $"rows/s, `{Adaptive}` / `{None}` (Clipper: {clippers})"), ComparisonKind.Ratio, PerSecond, Adaptive, None, goal),
        new("rows/s, the container's limit / sequential (what there is to gain)", ComparisonKind.Ratio, PerSecond, Limit, Sequential, null),
    ];

    public async Task RunAsync(BenchmarkRun run, CancellationToken stop)
    {
        var rows = await WideRows.ReadAsync(run.Options, stop);
        var limit = new ContainerLimit(await run.Cluster.ContainerAsync(model, stop), rows);
        var labels = await limit.LabelsAsync(stop);
        var best = await limit.BestAsync(Slo, TimeSpan.FromSeconds(0.3), stop);
        var callers = (int)Math.Clamp(best.RowsPerSecond * Slo.TotalSeconds / SloShare, 64, 4096);
        const int busy = 8;
        await using var plane = await LocalDataPlane.StartAsync(
            ContainerSnapshot.Of(model, Slo, WideRows.Width, "FP32", await run.Cluster.ReplicasAsync(model, stop), Policies), stop);
        await run.AlternateAsync(
            [
                (Sequential, async () => Direct(1, await limit.MeasureAsync(1, run.Share(3), stop))),
                (Limit, async () => Direct(await limit.BestAsync(Slo, run.Share(12), stop))),
                .. Policies.Select(policy => (policy, (Func<Task<Measured>>)(() => CalledAsync(run, Load(policy), policy == None ? busy : callers)))),
            ],
            stop);

        CallerLoad Load(string policy) => new(plane.Service, plane.Version(model, policy), rows.Tensors, labels, Slo);
    }

    private static async Task<Measured> CalledAsync(BenchmarkRun run, CallerLoad load, int callers)
    {
        var (cpu, began) = (CpuShares.Now(run.Cluster.HostId), TimeProvider.System.GetTimestamp());
        var measured = (await load.RunAsync(callers, run.WarmUp, run.Share(2))).ToMeasured();
        var (used, took) = (CpuShares.Now(run.Cluster.HostId).Minus(cpu), TimeProvider.System.GetElapsedTime(began));
        return measured with { Values = new Dictionary<string, double>(measured.Values) { [OwnCores] = used.Generator / took, [ContainerCores] = used.Containers / took } };
    }

    private static Measured Direct(int size, (double RowsPerSecond, Load.LatencyHistogram Latency) measured) => Direct((size, measured.RowsPerSecond, measured.Latency));

    private static Measured Direct((int Size, double RowsPerSecond, Load.LatencyHistogram Latency) measured) => new(
        new Dictionary<string, double>
        {
            [PerSecond] = measured.RowsPerSecond,
            ["p50 ms"] = measured.Latency.P50.TotalMilliseconds,
            [P99] = measured.Latency.P99.TotalMilliseconds,
        },
        string.Create(CultureInfo.InvariantCulture, $"{measured.Size} rows a call"));
}
