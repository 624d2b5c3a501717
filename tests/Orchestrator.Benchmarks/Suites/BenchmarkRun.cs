using System.Globalization;

using Orchestrator.Benchmarks.Cluster;
using Orchestrator.Benchmarks.Results;
using Orchestrator.Benchmarks.Servers;
using Orchestrator.Load;

namespace Orchestrator.Benchmarks.Suites;

/// <summary>One benchmark being measured: alternates the variants, keeps each row in a file as soon as it is there.</summary>
internal sealed class BenchmarkRun
{
    // Long enough for the hot path of each server to be compiled as it stays.
    private const double WarmLapSeconds = 3;
    private readonly IBenchmark _benchmark;
    private readonly RedisUnderTest? _redis;
    private readonly List<Row> _rows = [];

    public BenchmarkRun(IBenchmark benchmark, BenchmarkOptions options, ClusterUnderTest cluster, RedisUnderTest? redis = null)
    {
        _benchmark = benchmark;
        Options = options;
        Cluster = cluster;
        _redis = redis;
        File = Path.Combine(options.Output, $"{benchmark.Name}.jsonl");
        System.IO.File.Delete(File);
    }

    public BenchmarkOptions Options { get; }

    public ClusterUnderTest Cluster { get; }

    /// <summary>The orchestrator's Redis, of a benchmark that needs one.</summary>
    public RedisUnderTest Redis => _redis ?? throw new BenchmarkException($"{_benchmark.Name} does not say that it needs a Redis");

    /// <summary>Length of the measurement that is being made.</summary>
    public double Seconds { get; private set; }

    /// <summary>The raw rows, one JSON object a line.</summary>
    public string File { get; }

    public IReadOnlyList<Row> Rows => _rows;

    /// <summary>Measures every variant in every round, in alternating order; before the first round each runs once without being recorded.</summary>
    public async Task AlternateAsync(IReadOnlyList<(string Variant, Func<Task<Measured>> MeasureAsync)> variants, CancellationToken stop)
    {
        variants = [.. variants.Where(v => Options.Variant is null || v.Variant == Options.Variant)];
        Seconds = Math.Min(WarmLapSeconds, Options.Seconds);
        foreach (var (_, measureAsync) in variants)
        {
            stop.ThrowIfCancellationRequested();
            await measureAsync();
        }

        Seconds = Options.Seconds;
        for (var round = 1; round <= Options.Rounds; round++)
        {
            foreach (var (variant, measureAsync) in round % 2 == 1 ? variants : variants.Reverse())
            {
                stop.ThrowIfCancellationRequested();
                var measured = await measureAsync();
                stop.ThrowIfCancellationRequested();
                await KeepAsync(round, variant, measured, stop);
            }
        }
    }

    /// <summary>Keeps and shows one measurement.</summary>
    public async Task KeepAsync(int round, string variant, Measured measured, CancellationToken stop)
    {
        var row = new Row(_benchmark.Name, round, variant, TimeProvider.System.GetUtcNow(), measured.Values, measured.Answers);
        _rows.Add(row);
        await System.IO.File.AppendAllTextAsync(File, row.ToJson() + "\n", stop);
        var values = string.Join(", ", row.Values.Select(v => string.Create(CultureInfo.InvariantCulture, $"{v.Key} {ReportSection.Number(v.Value)}")));
        BenchmarkProgram.Say($"  round {round} {variant,-12} {values}   [{row.Answers}]");
    }

    /// <summary>What runs before a measurement without being counted.</summary>
    public TimeSpan WarmUp => TimeSpan.FromSeconds(Math.Min(2, Seconds / 4));

    /// <summary>A part of the measurement's length, for variants that are made of several or need less.</summary>
    public TimeSpan Share(double divisor) => TimeSpan.FromSeconds(Seconds / divisor);

    /// <summary>A load of <see cref="Seconds"/>, or a share of it, after a warm-up; wrong answers and broken connections end the benchmark.</summary>
    public async Task<LoadResult> LoadAsync(LoadPlan plan, AnswerCheck? check, CancellationToken stop, double divisor = 1)
    {
        var warmUp = WarmUp / divisor;
        var result = await LoadRunner.RunAsync(plan with { WarmUp = warmUp, Duration = warmUp + Share(divisor) }, check, stop: stop);
        stop.ThrowIfCancellationRequested();
        return result.Counts.Wrong == 0 && result.Counts.ConnectionErrors == 0
            ? result
            : throw new BenchmarkException($"{plan.Uri.AbsolutePath}: expected no wrong answer and no connection error, got: {result}");
    }
}

/// <summary>What one measurement gave.</summary>
/// <param name="Values">Numbers by name; the name says the unit.</param>
/// <param name="Answers">How the requests ended.</param>
internal sealed record Measured(IReadOnlyDictionary<string, double> Values, string Answers);
