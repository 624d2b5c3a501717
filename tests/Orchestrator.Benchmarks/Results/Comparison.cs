using System.Globalization;

namespace Orchestrator.Benchmarks.Results;

/// <summary>How two variants of one round are set against each other.</summary>
internal enum ComparisonKind
{
    /// <summary>First divided by second.</summary>
    Ratio,

    /// <summary>First minus second.</summary>
    Difference,

    /// <summary>First minus second, divided by what that may be (<see cref="Comparison.Allowance"/>).</summary>
    Excess,

    /// <summary>The first alone.</summary>
    Value,
}

/// <summary>One judged number. Judged on the median over the rounds of what each round's own pair gives: noise that hits a whole round cancels out.</summary>
/// <param name="Label">What it says, for people.</param>
/// <param name="Kind">How the two are set against each other.</param>
/// <param name="Metric">Which of the rows' values.</param>
/// <param name="First">Variant.</param>
/// <param name="Second">Variant; null for <see cref="ComparisonKind.Value"/>.</param>
/// <param name="Target">What it must reach; null: it is shown only.</param>
/// <param name="AtLeast">True: at least the target; false: at most.</param>
internal sealed record Comparison(string Label, ComparisonKind Kind, string Metric, string First, string? Second, double? Target, bool AtLeast = true)
{
    /// <summary>For <see cref="ComparisonKind.Excess"/>: by this share of the second the first may be more, or by this much, whichever is larger.</summary>
    public (double Share, double Least) Allowance { get; init; }

    /// <summary>One number per round that has all it needs, in order.</summary>
    public IReadOnlyList<double> PerRound(IReadOnlyList<Row> rows) =>
    [
        .. rows.Where(r => r.Variant == First && r.Values.ContainsKey(Metric))
            .Select(r => (Mine: r.Values[Metric], Theirs: Second is null ? 0 : rows.FirstOrDefault(o => o.Variant == Second && o.Round == r.Round)?.Values.GetValueOrDefault(Metric, double.NaN) ?? double.NaN))
            .Select(p => Kind switch
            {
                ComparisonKind.Ratio => p.Mine / p.Theirs,
                ComparisonKind.Difference => p.Mine - p.Theirs,
                ComparisonKind.Excess => (p.Mine - p.Theirs) / Math.Max(Allowance.Share * p.Theirs, Allowance.Least),
                _ => p.Mine,
            })
            .Where(double.IsFinite),
    ];

    /// <summary>Whether it reaches its target; null: it has none, or nothing was measured.</summary>
    public bool? IsMet(IReadOnlyList<double> perRound) =>
        Target is not { } target || perRound.Count == 0 ? null : AtLeast ? Median(perRound) >= target : Median(perRound) <= target;

    public string TargetText => Target is { } target ? (AtLeast ? "at least " : "at most ") + target.ToString("0.###", CultureInfo.InvariantCulture) : "";

    /// <summary>The middle one; of an even number the mean of the two in the middle.</summary>
    public static double Median(IEnumerable<double> values)
    {
        var sorted = values.Order().ToArray();
        var middle = sorted.Length / 2;
        return sorted.Length == 0 ? double.NaN : sorted.Length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    }
}
