using System.Globalization;
using System.Runtime.InteropServices;

using Orchestrator.Benchmarks.Cluster;
using Orchestrator.Benchmarks.InProcess;
using Orchestrator.Benchmarks.Results;
using Orchestrator.Protocol;

namespace Orchestrator.Benchmarks.Suites;

/// <summary>Whether sixteen replicas do sixteen times the work of one.</summary>
internal sealed class ReplicasBenchmark : IBenchmark
{
    private const string Model = "sleeper";
    private const string PerSecond = "rows/s";
    private const string PerReplica = "rows/s and replica";
    private const int Most = 16;
    private static readonly int[] Counts = [1, 4, Most];
    private static readonly TimeSpan Slo = TimeSpan.FromMilliseconds(100);

    public string Name => "in-process-replicas";

    public string Question => "do sixteen replicas do sixteen times the work of one?";

    public string Method => """
        Containers that sleep 5 ms for each batch (`containers/noop`), policy `none`, called by the data plane inside the benchmark's process, three callers for each replica. Sleeping costs no
        core, so what is lost is lost by the orchestrator: 16 replicas can do 3,200 rows/s.
        """;

    public IReadOnlyList<ModelUnderTest> Models { get; } = [new(Model) { Framework = "noop", Options = """{"baseMs":5}""", Replicas = Most }];

    public IReadOnlyList<Comparison> Comparisons { get; } =
    [
        new("rows/s for each replica, 16 / 1", ComparisonKind.Ratio, PerReplica, Name16, Name1, 0.95),
        new("rows/s for each replica, 4 / 1", ComparisonKind.Ratio, PerReplica, NameOf(4), Name1, null),
    ];

    private static string Name1 => NameOf(1);

    private static string Name16 => NameOf(Most);

    public async Task RunAsync(BenchmarkRun run, CancellationToken stop)
    {
        var replicas = await run.Cluster.ReplicasAsync(Model, stop);
        await run.AlternateAsync([.. Counts.Select(count => (NameOf(count), (Func<Task<Measured>>)(() => MeasureAsync(run, replicas, count, stop))))], stop);
    }

    private static async Task<Measured> MeasureAsync(BenchmarkRun run, IReadOnlyList<Uri> replicas, int count, CancellationToken stop)
    {
        Tensor[][] rows = [.. Enumerable.Range(0, 100).Select(i => (Tensor[])[new Tensor("input", DataType.Fp64, [1, 1], MemoryMarshal.AsBytes<double>(new[] { (double)i }).ToArray())])];
        await using var plane = await LocalDataPlane.StartAsync(ContainerSnapshot.Of(Model, Slo, 1, "FP64", [.. replicas.Take(count)], ["none"]), stop);
        var labels = Enumerable.Range(0, 100).Select(i => BitConverter.DoubleToInt64Bits(i)).ToArray();
        var result = await new CallerLoad(plane.Service, plane.Version(Model, "none"), rows, labels, Slo).RunAsync(3 * count, run.WarmUp, run.Share(2));
        var values = new Dictionary<string, double>(result.ToMeasured().Values);
        values[PerReplica] = values[PerSecond] / count;
        return new Measured(values, result.ToMeasured().Answers);
    }

    private static string NameOf(int count) => string.Create(CultureInfo.InvariantCulture, $"{count} replica{(count == 1 ? "" : "s")}");
}
