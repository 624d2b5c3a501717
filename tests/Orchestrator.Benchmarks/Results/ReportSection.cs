using System.Globalization;
using System.Text;

using Orchestrator.Benchmarks.Suites;

namespace Orchestrator.Benchmarks.Results;

/// <summary>Writes one benchmark's section of the report: what was judged, medians per variant, and every raw row.</summary>
internal static class ReportSection
{
    public static string Write(IBenchmark benchmark, IReadOnlyList<Row> rows, string command, string machine)
    {
        var text = new StringBuilder();
        text.AppendLine(CultureInfo.InvariantCulture, $"## {benchmark.Name}: {benchmark.Question}");
        text.AppendLine().AppendLine(benchmark.Method).AppendLine();
        text.AppendLine(CultureInfo.InvariantCulture, $"Measured {rows[^1].At:yyyy-MM-dd HH:mm} UTC with `{command}`; {rows.Max(r => r.Round)} rounds; {machine}.");
        Judged(text, benchmark, rows);
        Medians(text, rows);
        Raw(text, rows);
        return text.ToString();
    }

    /// <summary>Three significant digits, or whole numbers where there are more.</summary>
    public static string Number(double value) => Math.Abs(value) switch
    {
        >= 100 => value.ToString("0", CultureInfo.InvariantCulture),
        >= 10 => value.ToString("0.0", CultureInfo.InvariantCulture),
        >= 1 => value.ToString("0.00", CultureInfo.InvariantCulture),
        _ => value.ToString("0.000", CultureInfo.InvariantCulture),
    };

    private static void Judged(StringBuilder text, IBenchmark benchmark, IReadOnlyList<Row> rows)
    {
        text.AppendLine().AppendLine("| judged | median of the rounds | lowest | highest | target | |").AppendLine("|---|---|---|---|---|---|");
        foreach (var comparison in benchmark.Comparisons)
        {
            var each = comparison.PerRound(rows);
            if (each.Count > 0)
            {
                var verdict = comparison.IsMet(each) switch { true => "met", false => "**not met**", null => "" };
                text.AppendLine(CultureInfo.InvariantCulture, $"| {comparison.Label} | **{Number(Comparison.Median(each))}** | {Number(each.Min())} | {Number(each.Max())} | {comparison.TargetText} | {verdict} |");
            }
        }
    }

    private static void Medians(StringBuilder text, IReadOnlyList<Row> rows)
    {
        var metrics = rows.SelectMany(r => r.Values.Keys).Distinct().ToArray();
        text.AppendLine().AppendLine("Medians over the rounds:").AppendLine();
        Head(text, ["variant", .. metrics]);
        foreach (var variant in rows.GroupBy(r => r.Variant).OrderBy(g => rows.ToList().FindIndex(r => r.Variant == g.Key)))
        {
            Line(text, [variant.Key, .. metrics.Select(m => variant.Any(r => r.Values.ContainsKey(m)) ? Number(Comparison.Median(variant.Where(r => r.Values.ContainsKey(m)).Select(r => r.Values[m]))) : "")]);
        }
    }

    private static void Raw(StringBuilder text, IReadOnlyList<Row> rows)
    {
        var metrics = rows.SelectMany(r => r.Values.Keys).Distinct().ToArray();
        text.AppendLine().AppendLine("<details><summary>every measurement, in the order taken</summary>").AppendLine();
        Head(text, ["round", "variant", .. metrics, "answers"]);
        foreach (var row in rows)
        {
            Line(text, [row.Round.ToString(CultureInfo.InvariantCulture), row.Variant, .. metrics.Select(m => row.Values.TryGetValue(m, out var value) ? Number(value) : ""), row.Answers]);
        }

        text.AppendLine().AppendLine("</details>");
    }

    private static void Head(StringBuilder text, string[] names)
    {
        Line(text, names);
        text.Append('|').Insert(text.Length, "---|", names.Length).AppendLine();
    }

    private static void Line(StringBuilder text, string[] cells) => text.Append("| ").AppendJoin(" | ", cells).AppendLine(" |");
}
