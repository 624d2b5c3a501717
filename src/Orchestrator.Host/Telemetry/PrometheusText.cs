using System.Buffers;
using System.Globalization;
using System.Text;

namespace Orchestrator.Host.Telemetry;

/// <summary>Writes series in Prometheus' text format 0.0.4.</summary>
internal static class PrometheusText
{
    public const string ContentType = "text/plain; version=0.0.4; charset=utf-8";

    public static void Write(IBufferWriter<byte> output, IEnumerable<MetricFamily> families)
    {
        foreach (var family in families)
        {
            if (family.Series.Count == 0)
            {
                continue;
            }

            if (family.Help.Length > 0)
            {
                Append(output, $"# HELP {family.Name} {family.Help.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal)}\n");
            }

            Append(output, $"# TYPE {family.Name} {family.TypeName}\n");
            foreach (var series in family.Series.Values)
            {
                WriteSeries(output, family.Name, series);
            }
        }
    }

    private static void WriteSeries(IBufferWriter<byte> output, string name, Series series)
    {
        if (series.Bounds is not { } bounds)
        {
            WriteLine(output, name, "", series.Labels, "", Number(series.Value));
            return;
        }

        var cumulative = 0L;
        for (var i = 0; i < series.Buckets.Length; i++)
        {
            cumulative += series.Buckets[i];
            var bound = i < bounds.Length ? Number(bounds[i]) : "+Inf";
            WriteLine(output, name, "_bucket", series.Labels, bound, cumulative.ToString(CultureInfo.InvariantCulture));
        }

        WriteLine(output, name, "_sum", series.Labels, "", Number(series.Sum));
        WriteLine(output, name, "_count", series.Labels, "", series.Count.ToString(CultureInfo.InvariantCulture));
    }

    private static void WriteLine(IBufferWriter<byte> output, string name, string suffix, string labels, string le, string value)
    {
        Append(output, name);
        Append(output, suffix);
        if (labels.Length + le.Length > 0)
        {
            Append(output, "{");
            Append(output, labels);
            if (le.Length > 0)
            {
                Append(output, labels.Length > 0 ? ",le=\"" : "le=\"");
                Append(output, le);
                Append(output, "\"");
            }

            Append(output, "}");
        }

        Append(output, " ");
        Append(output, value);
        Append(output, "\n");
    }

    private static string Number(double value) =>
        double.IsPositiveInfinity(value) ? "+Inf" : double.IsNegativeInfinity(value) ? "-Inf" : value.ToString("R", CultureInfo.InvariantCulture);

    private static void Append(IBufferWriter<byte> output, string text) => Encoding.UTF8.GetBytes(text, output);
}
