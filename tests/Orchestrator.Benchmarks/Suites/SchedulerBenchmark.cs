using Orchestrator.Benchmarks.Cluster;
using Orchestrator.Benchmarks.Results;
using Orchestrator.Core.Cluster;
using Orchestrator.Simulation;
using Orchestrator.Simulation.Latency;
using Orchestrator.Simulation.Policies;
using Orchestrator.Simulation.Traffic;

namespace Orchestrator.Benchmarks.Suites;

/// <summary>Which batching policy is the best, by the simulator: needs no orchestrator, and gives the same on every machine.</summary>
internal sealed class SchedulerBenchmark : IBenchmark
{
    private const string Default = BatchingSpec.DefaultPolicy;
    private const string Lowest = "lowest ratio";
    private const string Overloaded = "ratio at 1x or more";
    private const string At64 = "ratio, 64 clients";
    private const int Requests = 100_000;
    private static readonly double[] Loads = [0.25, 0.5, 0.75, 0.9, 1, 1.1, 1.25, 1.5, 2];
    private static readonly int[] Clients = [1, 4, 16, 64, 128];
    private static readonly string[] Others = [.. SimulatedPolicies.Names.Where(p => p != Default)];

    private static readonly SimulatedModelPlan Model = new()
    {
        Latency = new LinearLatency(TimeSpan.FromMilliseconds(5), TimeSpan.FromMilliseconds(0.5), 0.1), MaxRows = 16, Slos = [TimeSpan.FromMilliseconds(50)],
    };

    public string Name => "scheduler";

    public string Question => "which batching policy answers most requests in time?";

    public string Method => $"""
        [Simulated](simulation.md), not measured: 5 ms + 0.5 ms a row with lognormal noise 0.1, at most 16 rows, one replica, 50 ms SLO, {Requests} requests a run; loads of 0.25 to 2 times the capacity, 1 to 128 clients for the closed loop; each
        round is another seed. A *ratio* is the goodput of `{Default}` divided by that of the best other policy at the same trace, load and seed, `fifo` included; the rest is goodput divided by capacity. `orch simulate --trace all` prints the whole table,
        [goodput.svg](goodput.svg) shows it.
        """;

    public IReadOnlyList<ModelUnderTest> Models => [];

    public IReadOnlyList<Comparison> Comparisons { get; } =
    [
        .. Enum.GetValues<Trace>().Select(t => new Comparison($"{Show(t)}: lowest ratio over all loads", ComparisonKind.Value, Lowest, Show(t), null, 0.99)),
        .. Enum.GetValues<Trace>().Where(t => t != Trace.Closed).Select(t => new Comparison($"{Show(t)}: lowest ratio at loads of 1 and more", ComparisonKind.Value, Overloaded, Show(t), null, 1)),
        new("closed loop, 64 clients: ratio", ComparisonKind.Value, At64, Show(Trace.Closed), null, 0.95),
    ];

    public Task RunAsync(BenchmarkRun run, CancellationToken stop)
    {
        // The warm lap is seed 0: it does not count.
        var seeds = Enum.GetValues<Trace>().ToDictionary(t => t, _ => 0UL);
        return run.AlternateAsync([.. Enum.GetValues<Trace>().Select(t => (Show(t), (Func<Task<Measured>>)(() => Task.Run(() => Simulate(t, seeds[t]++, stop), stop))))], stop);
    }

    private static string Show(Trace trace) => trace.ToString().ToLowerInvariant();

    private static Measured Simulate(Trace trace, ulong seed, CancellationToken stop)
    {
        var points = trace == Trace.Closed ? Clients.Select(c => (double)c).ToArray() : Loads;
        var cells = points.AsParallel().AsOrdered().WithCancellation(stop).Select(x => (X: x, Goodput: SimulatedPolicies.Names.ToDictionary(p => p, p => Goodput(trace, x, p, seed, stop)))).ToArray();
        var ratios = cells.Select(c => (c.X, Ratio: c.Goodput[Default] / Others.Max(p => c.Goodput[p]))).ToArray();
        var values = new Dictionary<string, double> { [Lowest] = ratios.Min(r => r.Ratio) };
        if (trace == Trace.Closed)
        {
            values[At64] = ratios.Single(r => r.X == 64).Ratio;
        }
        else
        {
            values[Overloaded] = ratios.Where(r => r.X >= 1).Min(r => r.Ratio);
        }

        foreach (var policy in SimulatedPolicies.Names)
        {
            foreach (var x in trace == Trace.Closed ? [64.0] : new[] { 1.0, 2 })
            {
                values[trace == Trace.Closed ? $"{policy}, 64 clients" : $"{policy}, {x:0}x"] = cells.Single(c => c.X == x).Goodput[policy] / Model.Capacity;
            }
        }

        return new Measured(values, $"seed {seed}");
    }

    private static double Goodput(Trace trace, double x, string policy, ulong seed, CancellationToken stop) => Simulator.Run(
        new SimulationPlan
        {
            Policy = policy, Trace = trace, Load = trace == Trace.Closed ? 1 : x, Clients = trace == Trace.Closed ? (int)x : 1, Requests = Requests, Seed = seed, Models = [Model],
        },
        stop).Total.Goodput;
}
