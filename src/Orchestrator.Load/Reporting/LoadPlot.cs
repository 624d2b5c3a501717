using System.Globalization;

using Orchestrator.Load.Profiling;
using Orchestrator.Load.Sweeping;

namespace Orchestrator.Load.Reporting;

/// <summary>Draws measurements as SVG.</summary>
public static class LoadPlot
{
    private static readonly double[] Percentiles = [1, 10, 25, 50, 75, 90, 95, 99, 99.5, 99.9];

    /// <summary>Of a sweep: goodput and latency against the rate. Of a single load: its latencies by percentile.</summary>
    public static string Draw(string title, IReadOnlyList<SweepPoint> points, TimeSpan? slo)
    {
        ArgumentNullException.ThrowIfNull(points);
        var rates = points.Where(p => p.Rate is not null).ToArray();
        if (points.Count == 1)
        {
            var latency = points[0].Result.ModelLatency;
            // 1/(1 - p) on a logarithmic axis is how tails are read: one step is ten times rarer.
            var chart = new SvgChart("latency by percentile", "nines: 1 is 90 %, 2 is 99 %, 3 is 99.9 %", "ms")
                .Line("latency", Percentiles.Select(p => (-Math.Log10(1 - (p / 100)), latency.Percentile(p).TotalMilliseconds)));
            return Page(title, WithSlo(chart, slo));
        }

        return Page(
            title,
            new SvgChart("answers of the model in time", "requests/s offered", "answers/s").Line("in time", rates.Select(p => (p.Rate!.Value, p.Result.InTimePerSecond))).Line("offered", rates.Select(p => (p.Rate!.Value, p.Rate.Value))),
            WithSlo(
                new SvgChart("latency of the model's answers", "requests/s offered", "ms")
                    .Line("p50", rates.Select(p => (p.Rate!.Value, p.Result.ModelLatency.P50.TotalMilliseconds)))
                    .Line("p99", rates.Select(p => (p.Rate!.Value, p.Result.ModelLatency.P99.TotalMilliseconds))),
                slo));
    }

    /// <summary>Of a batch profile: latency and throughput by size.</summary>
    public static string Draw(string title, IReadOnlyList<ProfiledBatch> sizes, TimeSpan? slo)
    {
        ArgumentNullException.ThrowIfNull(sizes);
        return Page(
            title,
            WithSlo(
                new SvgChart("latency of a batch", "rows", "ms").Line("p50", sizes.Select(s => ((double)s.Rows, s.P50.TotalMilliseconds))).Line("p99", sizes.Select(s => ((double)s.Rows, s.P99.TotalMilliseconds))),
                slo),
            new SvgChart("throughput, one batch after the other", "rows", "rows/s").Line("rows/s", sizes.Select(s => ((double)s.Rows, s.RowsPerSecond))));
    }

    private static SvgChart WithSlo(SvgChart chart, TimeSpan? slo) =>
        slo is { } latency ? chart.Level(string.Create(CultureInfo.InvariantCulture, $"SLO {latency.TotalMilliseconds:0.###} ms"), latency.TotalMilliseconds) : chart;

    private static string Page(string title, params ReadOnlySpan<SvgChart> charts)
    {
        var (width, height) = SvgChart.Outer;
        var svg = string.Create(
            CultureInfo.InvariantCulture,
            $"<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width * charts.Length} {height + 30}\" width=\"{width * charts.Length}\" height=\"{height + 30}\" font-family=\"Helvetica, Arial, 'DejaVu Sans', sans-serif\" font-size=\"12\" fill=\"#222\">\n<rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n<text x=\"20\" y=\"28\" font-size=\"17\" font-weight=\"bold\">{SvgChart.Escape(title)}</text>\n");
        for (var i = 0; i < charts.Length; i++)
        {
            svg += charts[i].Draw(width * i, 30);
        }

        return svg + "</svg>\n";
    }
}
