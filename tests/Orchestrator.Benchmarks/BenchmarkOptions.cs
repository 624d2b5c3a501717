using System.Globalization;

using Orchestrator.Benchmarks.Suites;

namespace Orchestrator.Benchmarks;

/// <summary>What to run, how long, and where its results go.</summary>
internal sealed record BenchmarkOptions
{
    /// <summary>Default of <see cref="Rounds"/>.</summary>
    public const int DefaultRounds = 5;

    /// <summary>Default of <see cref="Seconds"/>.</summary>
    public const double DefaultSeconds = 6;

    /// <summary>Default of <see cref="Minutes"/>.</summary>
    public const double DefaultMinutes = 30;

    /// <summary>Root of the repository.</summary>
    public required string Root { get; init; }

    /// <summary>The benchmarks to run, in this order.</summary>
    public required IReadOnlyList<IBenchmark> Benchmarks { get; init; }

    /// <summary>How often each variant is measured. Default 5.</summary>
    public int Rounds { get; init; } = DefaultRounds;

    /// <summary>Length of one measurement, without its warm-up. Default 6.</summary>
    public double Seconds { get; init; } = DefaultSeconds;

    /// <summary>Connections of the saturating benchmarks. Default 64.</summary>
    public int Connections { get; init; } = 64;

    /// <summary>Length of the soak. Default 30.</summary>
    public double Minutes { get; init; } = DefaultMinutes;

    /// <summary>Measure only this variant, for profiling; null: all of them.</summary>
    public string? Variant { get; init; }

    /// <summary>The report whose sections are rewritten; null: the project's own, docs/performance.md, if enough was measured for it.</summary>
    public string? Report { get; init; }

    /// <summary>As written on the command line, for the report.</summary>
    public required string Command { get; init; }

    /// <summary>Folder of raw rows and logs.</summary>
    public string Output => Path.Combine(Root, "artifacts", "benchmarks");

    /// <summary>Reads the command line; null: <paramref name="error"/> says what is wrong.</summary>
    public static BenchmarkOptions? Read(string[] args, out string error)
    {
        var names = new List<string>();
        var values = new Dictionary<string, string> { ["--root"] = Directory.GetCurrentDirectory() };
        for (var i = 0; i < args.Length; i++)
        {
            if (!args[i].StartsWith("--", StringComparison.Ordinal))
            {
                names.Add(args[i]);
            }
            else if (i + 1 < args.Length)
            {
                values[args[i]] = args[++i];
            }
        }

        error = Problem(names, values);
        if (error.Length > 0)
        {
            return null;
        }

        return new BenchmarkOptions
        {
            Root = Path.GetFullPath(values["--root"]),
            Benchmarks = [.. AllBenchmarks.List.Where(b => names.Count == 0 ? b is not SoakBenchmark : names.Contains(b.Name))],
            Rounds = (int)Number(values, "--rounds", DefaultRounds),
            Seconds = Number(values, "--seconds", DefaultSeconds),
            Connections = (int)Number(values, "--connections", 64),
            Minutes = Number(values, "--minutes", DefaultMinutes),
            Variant = values.GetValueOrDefault("--variant"),
            Report = values.GetValueOrDefault("--report"),
            Command = string.Join(' ', ["bash tests/bench.sh", .. names, .. values.Where(v => v.Key is not ("--root" or "--report")).Select(v => $"{v.Key} {v.Value}")]),
        };
    }

    private static string Problem(List<string> names, Dictionary<string, string> values)
    {
        string[] known = ["--root", "--rounds", "--seconds", "--connections", "--report", "--variant", "--minutes"];
        var wrong = names.Where(n => AllBenchmarks.List.All(b => b.Name != n)).Concat(values.Keys.Except(known)).ToList();
        wrong.AddRange(values.Where(v => v.Key is not ("--root" or "--report" or "--variant") && (!double.TryParse(v.Value, CultureInfo.InvariantCulture, out var n) || n <= 0)).Select(v => $"{v.Key} {v.Value}"));
        return wrong.Count == 0
            ? ""
            : $"not understood: {string.Join(", ", wrong)}\nusage: bash tests/bench.sh [NAME...] [--rounds N] [--seconds S] [--connections N] [--report FILE] [--variant NAME]\n       bash tests/bench.sh --soak [--minutes N]\n"
              + string.Join('\n', AllBenchmarks.List.Select(b => $"  {b.Name,-14} {b.Question}"));
    }

    private static double Number(Dictionary<string, string> values, string name, double otherwise) =>
        values.TryGetValue(name, out var text) ? double.Parse(text, CultureInfo.InvariantCulture) : otherwise;
}
