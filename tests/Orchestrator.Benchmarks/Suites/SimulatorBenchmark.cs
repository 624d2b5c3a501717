using System.Text;

using Orchestrator.Benchmarks.Cluster;
using Orchestrator.Benchmarks.Inputs;
using Orchestrator.Benchmarks.Results;
using Orchestrator.Core.Cluster;
using Orchestrator.Core.Serving;
using Orchestrator.Load;
using Orchestrator.Simulation;
using Orchestrator.Simulation.Latency;

namespace Orchestrator.Benchmarks.Suites;

/// <summary>Whether the simulator tells of the live system.</summary>
internal sealed class SimulatorBenchmark : IBenchmark
{
    private const string GoodputOff = "goodput off by %";
    private const string BatchOff = "batch off by %";
    private const int MaxSize = 16;
    private const double WithinPercent = 15;
    private static readonly TimeSpan Slo = TimeSpan.FromMilliseconds(50);
    private static readonly double[] Loads = [0.7, 1, 1.5];
    private static readonly Subject[] Subjects = [new("sleeper", 1), new("burner", 1)];

    public string Name => "simulator";

    public string Question => "does the simulator tell of the live system?";

    public string Method => """
        *sleeper*: a no-op container that sleeps 5 ms + 0.5 ms a row with lognormal noise 0.1. *burner*: one that keeps a core busy for 2 ms + 1 ms a row with noise 0.2. Each at most 16 rows, one replica, default policy, 50 ms SLO, cache off. Before the run each container's
        latency profile is taken (direct calls of 1, 2, 4, 8, 16 rows, one after the other; kept as `artifacts/benchmarks/profile-*.json`, nobody edits it). Then requests arrive at random through `POST /APP/predict`, at 0.7, 1 and 1.5 times the capacity that
        the profile says; the [simulator](simulation.md) gets the profile and the same rates. (A model that does many more rows a second than the REST surface makes it a question of the processor, which the simulator knows nothing of.) *Goodput*: answers of the model within 50 ms a second; *batch*: mean rows of a batch, live by the orchestrator's own counters.
        """;

    public IReadOnlyList<ModelUnderTest> Models { get; } =
    [
        new("sleeper") { Framework = "noop", Slo = Slo, Options = """{"baseMs":5,"perRowMs":0.5,"noise":0.1,"columns":1}""", Batching = new BatchingSpec { MaxSize = MaxSize } },
        new("burner") { Framework = "noop", Slo = Slo, Options = """{"baseMs":2,"perRowMs":1,"noise":0.2,"sleep":false,"columns":1}""", Batching = new BatchingSpec { MaxSize = MaxSize } },
    ];

    public IReadOnlyList<Comparison> Comparisons { get; } =
    [
        .. Subjects.SelectMany(s => Loads.SelectMany(l => new[]
        {
            new Comparison($"{s.Name} at {l:0.#}x: live goodput off the simulated by, %", ComparisonKind.Value, GoodputOff, Variant(s, l), null, WithinPercent, AtLeast: false),
            new Comparison($"{s.Name} at {l:0.#}x: live mean batch off the simulated by, %", ComparisonKind.Value, BatchOff, Variant(s, l), null, WithinPercent, AtLeast: false),
        })),
    ];

    public async Task RunAsync(BenchmarkRun run, CancellationToken stop)
    {
        var variants = new List<(string, Func<Task<Measured>>)>();
        foreach (var subject in Subjects)
        {
            var profile = await ContainerProfile.TakeAsync(await run.Cluster.ContainerAsync(subject.Name, stop), subject.Name, subject.Columns, MaxSize, TimeSpan.FromSeconds(1), stop);
            await File.WriteAllTextAsync(Path.Combine(run.Options.Output, $"profile-{subject.Name}.json"), profile.ToJson(), stop);
            var model = new SimulatedModelPlan { Name = subject.Name, Latency = new ProfiledLatency(profile), MaxRows = MaxSize, Slos = [Slo] };
            variants.AddRange(Loads.Select(load => (Variant(subject, load), (Func<Task<Measured>>)(() => CompareAsync(run, subject, model, load, stop)))));
        }

        await run.AlternateAsync(variants, stop);
    }

    private static string Variant(Subject subject, double load) => FormattableString.Invariant($"{subject.Name} {load:0.#}x");

    private static async Task<Measured> CompareAsync(BenchmarkRun run, Subject subject, SimulatedModelPlan model, double load, CancellationToken stop)
    {
        var simulated = Simulator.Run(new SimulationPlan { Policy = BatchingSpec.DefaultPolicy, Load = load, Requests = 100_000, Models = [model] }, stop).Total;
        var body = Encoding.UTF8.GetBytes($$"""{"input":[{{string.Join(',', Enumerable.Repeat("0.5", subject.Columns))}}]}""");
        var before = await ReportAsync(run, subject, stop);
        var live = await run.LoadAsync(new LoadPlan { Uri = run.Cluster.Predict(subject.Name), Body = _ => body, Slo = Slo, Rate = load * model.Capacity, Connections = 512 }, null, stop);
        var after = await ReportAsync(run, subject, stop);
        var batch = (after.Rows - before.Rows) / (double)Math.Max(1, after.Batches - before.Batches);
        return new Measured(
            new Dictionary<string, double>
            {
                ["offered/s"] = live.Counts.Total / live.Elapsed.TotalSeconds,
                ["goodput/s"] = live.InTimePerSecond,
                ["simulated goodput/s"] = simulated.Goodput,
                [GoodputOff] = 100 * Math.Abs((live.InTimePerSecond / simulated.Goodput) - 1),
                ["batch"] = batch,
                ["simulated batch"] = simulated.MeanBatch,
                [BatchOff] = 100 * Math.Abs((batch / simulated.MeanBatch) - 1),
                ["p50 ms"] = live.ModelLatency.P50.TotalMilliseconds,
                ["simulated p50 ms"] = simulated.P50.TotalMilliseconds,
            },
            live.Counts.ToString());
    }

    /// <summary>The only replica's counters, as of now: a frontend reports once a second.</summary>
    private static async Task<ReplicaReport> ReportAsync(BenchmarkRun run, Subject subject, CancellationToken stop)
    {
        await Task.Delay(TimeSpan.FromSeconds(1.2), TimeProvider.System, stop);
        return (await run.Cluster.ReportsAsync(subject.Name, stop)).Single();
    }

    /// <param name="Name">Of the model.</param>
    /// <param name="Columns">Values per row.</param>
    private sealed record Subject(string Name, int Columns);
}
