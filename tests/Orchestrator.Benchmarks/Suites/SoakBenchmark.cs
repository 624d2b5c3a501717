using System.Globalization;

using Orchestrator.Benchmarks.Cluster;
using Orchestrator.Benchmarks.Inputs;
using Orchestrator.Benchmarks.Results;
using Orchestrator.Core.Cluster;
using Orchestrator.Load;

namespace Orchestrator.Benchmarks.Suites;

/// <summary>Whether the orchestrator stays as it is when it works for long: memory flat, nobody left without an answer.</summary>
internal sealed class SoakBenchmark : IBenchmark
{
    private const int Parts = 30;
    private const int Rows = 200_000;
    private const string Model = "digits-soak";
    private const string Memory = "resident MiB";
    private const string Growth = "resident, last third / second third";
    private const string Lost = "unanswered";
    private const string Part = "part";
    private const string Whole = "whole";

    public string Name => "soak";

    public string Question => "does it stay flat and answer everybody when it works for long?";

    public string Method => $"""
        64 connections in a closed loop for the whole time (`--soak`, 30 minutes unless `--minutes` says otherwise), in {Parts} parts after each of which memory is read; 200,000 distinct rows,
        logistic regression on digits, two replicas, answers are cached for 30 s, so the cache fills, expires and evicts all the time. *unanswered* are requests whose connection broke or timed out.
        """;

    public IReadOnlyList<ModelUnderTest> Models { get; } = [new(Model) { Artefact = Digits.Logistic, Cache = new CacheSpec { Ttl = TimeSpan.FromSeconds(30) }, Replicas = 2 }];

    public IReadOnlyList<Comparison> Comparisons { get; } =
    [
        new("resident memory of the orchestrator, mean of the last third / of the second third", ComparisonKind.Value, Growth, Whole, null, 1.1, AtLeast: false),
        new("requests without an answer", ComparisonKind.Value, Lost, Whole, null, 0, AtLeast: false),
    ];

    public async Task RunAsync(BenchmarkRun run, CancellationToken stop)
    {
        var rows = await DigitRows.MakeAsync(run.Options.Root, Rows, new Uri((await run.Cluster.ReplicasAsync(Model, stop))[0], $"v2/models/{Model}/infer"), stop);
        var length = TimeSpan.FromMinutes(run.Options.Minutes) / Parts;
        var memory = new List<double>();
        var lost = 0L;
        for (var part = 1; part <= Parts; part++)
        {
            var result = await LoadRunner.RunAsync(
                new LoadPlan { Uri = run.Cluster.Predict(Model), Body = i => rows.Predict(i + (part * 7919)), Connections = run.Options.Connections, Duration = length },
                (i, answer) => rows.IsPredictRight(i + (part * 7919), answer),
                stop: stop);
            stop.ThrowIfCancellationRequested();
            lost += result.Counts.ConnectionErrors + result.Counts.Wrong;
            memory.Add(CpuTime.ResidentMebibytes(run.Cluster.HostId));
            await run.KeepAsync(part, Part, new Measured(
                new Dictionary<string, double> { [Memory] = memory[^1], [Lost] = result.Counts.ConnectionErrors, ["wrong"] = result.Counts.Wrong, ["answers/s"] = result.PerSecond, ["p99 ms"] = result.ModelLatency.P99.TotalMilliseconds },
                result.Counts.ToString()), stop);
        }

        var third = Parts / 3;
        await run.KeepAsync(Parts, Whole, new Measured(
            new Dictionary<string, double> { [Growth] = memory.TakeLast(third).Average() / memory.Skip(third).Take(third).Average(), [Lost] = lost },
            string.Create(CultureInfo.InvariantCulture, $"{run.Options.Minutes:0.#} minutes")), stop);
    }
}
