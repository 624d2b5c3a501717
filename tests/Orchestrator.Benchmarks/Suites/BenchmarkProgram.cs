using Orchestrator.Benchmarks.Cluster;
using Orchestrator.Benchmarks.Inputs;
using Orchestrator.Benchmarks.Results;
using Orchestrator.Benchmarks.Servers;

namespace Orchestrator.Benchmarks.Suites;

/// <summary>Runs the chosen benchmarks, each against an orchestrator of its own, keeps the rows and writes the report.</summary>
internal static class BenchmarkProgram
{
    /// <returns>0; 3 when a target was not met.</returns>
    public static async Task<int> RunAsync(BenchmarkOptions options, CancellationToken stop)
    {
        Directory.CreateDirectory(options.Output);
        var missed = 0;
        await TrainedModels.MakeAsync(options, stop);
        foreach (var benchmark in options.Benchmarks)
        {
            Say($"{benchmark.Name}: {benchmark.Question}");
            var run = await MeasureAsync(benchmark, options, stop);
            missed += Summarise(benchmark, run.Rows);
            var section = ReportSection.Write(benchmark, run.Rows, options.Command, Machine.Describe());
            var report = ReportPath(options);
            await Report.ReplaceAsync(report, benchmark, section, stop);
            Say($"rows in {Path.GetRelativePath(options.Root, run.File)}, report in {Path.GetRelativePath(options.Root, report)}");
        }

        return missed == 0 ? 0 : 3;
    }

    private static async Task<BenchmarkRun> MeasureAsync(IBenchmark benchmark, BenchmarkOptions options, CancellationToken stop)
    {
        await using var redis = benchmark.NeedsRedis ? await RedisUnderTest.StartAsync(options, stop) : null;
        await using var cluster = await ClusterUnderTest.StartAsync(options, benchmark.Models, stop, redis: redis?.Endpoint, more: benchmark.Arguments);
        var run = new BenchmarkRun(benchmark, options, cluster, redis);
        await benchmark.RunAsync(run, stop);
        return run;
    }

    internal static void Say(string text) => Console.WriteLine(text);

    // A short try must not replace numbers that were measured properly.
    private static string ReportPath(BenchmarkOptions options)
    {
        var isFull = options.Minutes >= BenchmarkOptions.DefaultMinutes && options.Rounds >= BenchmarkOptions.DefaultRounds && options.Seconds >= BenchmarkOptions.DefaultSeconds && options.Variant is null;
        return options.Report ?? (isFull ? Path.Combine(options.Root, "docs", "performance.md") : Path.Combine(options.Output, "try.md"));
    }

    private static int Summarise(IBenchmark benchmark, IReadOnlyList<Row> rows)
    {
        var missed = 0;
        foreach (var comparison in benchmark.Comparisons)
        {
            var each = comparison.PerRound(rows);
            var met = comparison.IsMet(each);
            missed += met == false ? 1 : 0;
            var verdict = met switch { true => "met", false => "NOT MET", null => "" };
            Say($"  {comparison.Label}: {ReportSection.Number(Comparison.Median(each))}  ({comparison.TargetText}) {verdict}");
        }

        return missed;
    }
}
