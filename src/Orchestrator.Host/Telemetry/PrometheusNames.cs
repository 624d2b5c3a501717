using System.Text;
using OpenTelemetry.Metrics;

namespace Orchestrator.Host.Telemetry;

/// <summary>Names as Prometheus wants them: base units spelled out, counters ending in <c>_total</c>, no other characters than letters, digits and underscores.</summary>
internal static class PrometheusNames
{
    public static string OfMetric(string name, string unit, MetricType type)
    {
        var text = new StringBuilder(OfLabel(name));
        var suffix = UnitSuffix(unit);
        if (suffix.Length > 0 && !text.ToString().EndsWith(suffix, StringComparison.Ordinal))
        {
            text.Append('_').Append(suffix);
        }

        if (IsCounter(type) && !text.ToString().EndsWith("_total", StringComparison.Ordinal))
        {
            text.Append("_total");
        }

        return text.ToString();
    }

    public static string OfLabel(string name)
    {
        var text = string.Create(name.Length, name, (span, source) =>
        {
            for (var i = 0; i < span.Length; i++)
            {
                span[i] = char.IsAsciiLetterOrDigit(source[i]) ? source[i] : '_';
            }
        });
        return text.Length == 0 || char.IsAsciiDigit(text[0]) ? "_" + text : text;
    }

    public static string TypeName(MetricType type) => type.IsHistogram() ? "histogram" : IsCounter(type) ? "counter" : "gauge";

    public static bool IsCounter(MetricType type) => type is MetricType.LongSum or MetricType.DoubleSum;

    private static string UnitSuffix(string unit) => unit switch
    {
        "s" => "seconds",
        "ms" => "milliseconds",
        "us" => "microseconds",
        "By" => "bytes",
        "%" => "percent",
        _ => "", // "1" and annotations such as {request} are no units.
    };
}
