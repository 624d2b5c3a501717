using System.Globalization;

using Orchestrator.Benchmarks.Cluster;
using Orchestrator.Benchmarks.Results;
using Orchestrator.Load;

namespace Orchestrator.Benchmarks.Suites;

/// <summary>One benchmark being measured: alternates the variants, keeps each row in a file as soon as it is there.</summary>
internal sealed class BenchmarkRun
{
    private readonly IBenchmark _benchmark;
    private readonly List<Row> _rows = [];

    public BenchmarkRun(IBenchmark benchmark, BenchmarkOptions options, ClusterUnderTest cluster)
    {
        _benchmark = benchmark;
        Options = options;
        Cluster = cluster;
        File = Path.Combine(options.Output, $"{benchmark.Name}.jsonl");
        System.IO.File.Delete(File);
    }

    public BenchmarkOptions Options { get; }

    public ClusterUnderTest Cluster { get; }

    /// <summary>The raw rows, one JSON object a line.</summary>
    public string File { get; }

    public IReadOnlyList<Row> Rows => _rows;

    /// <summary>Measures every variant in every round, in alternating order.</summary>
    public async Task AlternateAsync(IReadOnlyList<(string Variant, Func<Task<Measured>> MeasureAsync)> variants, CancellationToken stop)
    {
        for (var round = 1; round <= Options.Rounds; round++)
        {
            foreach (var (variant, measureAsync) in round % 2 == 1 ? variants : variants.Reverse())
            {
                stop.ThrowIfCancellationRequested();
                var measured = await measureAsync();
                stop.ThrowIfCancellationRequested();
                var row = new Row(_benchmark.Name, round, variant, TimeProvider.System.GetUtcNow(), measured.Values, measured.Answers);
                _rows.Add(row);
                await System.IO.File.AppendAllTextAsync(File, row.ToJson() + "\n", stop);
                var values = string.Join(", ", row.Values.Select(v => string.Create(CultureInfo.InvariantCulture, $"{v.Key} {ReportSection.Number(v.Value)}")));
                BenchmarkProgram.Say($"  round {round} {variant,-12} {values}   [{row.Answers}]");
            }
        }
    }

    /// <summary>A closed loop of the options' length after a warm-up; wrong answers and broken connections end the benchmark.</summary>
    public async Task<LoadResult> LoadAsync(LoadPlan plan, AnswerCheck? check, CancellationToken stop)
    {
        var warmUp = TimeSpan.FromSeconds(Math.Min(2, Options.Seconds / 4));
        var result = await LoadRunner.RunAsync(plan with { WarmUp = warmUp, Duration = warmUp + TimeSpan.FromSeconds(Options.Seconds) }, check, stop: stop);
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
