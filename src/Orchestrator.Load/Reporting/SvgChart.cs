using System.Globalization;
using System.Security;
using System.Text;

namespace Orchestrator.Load.Reporting;

/// <summary>One set of axes with lines, as SVG. Lines differ in colour (Okabe and Ito's, for any colour vision) and in their markers.</summary>
/// <param name="title">Above it.</param>
/// <param name="xLabel">Below it.</param>
/// <param name="yLabel">Beside it.</param>
internal sealed class SvgChart(string title, string xLabel, string yLabel)
{
    private const int Width = 420;
    private const int Height = 260;
    private static readonly string[] Colours = ["#0072B2", "#E69F00", "#009E73", "#CC79A7"];
    private readonly List<(string Name, IReadOnlyList<(double X, double Y)> Points)> _lines = [];
    private readonly List<(string Name, double Y)> _levels = [];

    /// <summary>What it takes of the drawing, with its labels.</summary>
    public static (int Width, int Height) Outer => (Width + 110, Height + 120);

    public SvgChart Line(string name, IEnumerable<(double X, double Y)> points)
    {
        _lines.Add((name, [.. points.OrderBy(p => p.X)]));
        return this;
    }

    /// <summary>A horizontal line, such as an objective.</summary>
    public SvgChart Level(string name, double y)
    {
        _levels.Add((name, y));
        return this;
    }

    public string Draw(int left, int top)
    {
        var points = _lines.SelectMany(l => l.Points).ToList();
        var (mostX, mostY) = (points.Select(p => p.X).DefaultIfEmpty(1).Max(), points.Select(p => p.Y).Concat(_levels.Select(l => l.Y)).DefaultIfEmpty(1).Max());
        var (stepX, stepY) = (Step(mostX), Step(mostY));
        mostY = Math.Max(stepY, Math.Ceiling(mostY / stepY) * stepY);
        mostX = Math.Max(mostX, stepX);
        double X(double x) => x / mostX * Width;
        double Y(double y) => Height - (y / mostY * Height);
        var svg = new StringBuilder();
        svg.Append(CultureInfo.InvariantCulture, $"<g transform=\"translate({left + 70} {top + 50})\">\n<text y=\"-24\" font-weight=\"bold\">{Escape(title)}</text>\n");
        for (var y = 0.0; y <= mostY + (stepY / 2); y += stepY)
        {
            svg.Append(CultureInfo.InvariantCulture, $"<line y1=\"{Y(y):0.#}\" x2=\"{Width}\" y2=\"{Y(y):0.#}\" stroke=\"{(y == 0 ? "#888" : "#e6e6e6")}\"/><text x=\"-8\" y=\"{Y(y) + 4:0.#}\" text-anchor=\"end\" fill=\"#555\">{y:0.###}</text>\n");
        }

        for (var x = 0.0; x <= mostX * 1.0001; x += stepX)
        {
            svg.Append(CultureInfo.InvariantCulture, $"<text x=\"{X(x):0.#}\" y=\"{Height + 18}\" text-anchor=\"middle\" fill=\"#555\">{x:0.###}</text>\n");
        }

        svg.Append(CultureInfo.InvariantCulture, $"<text x=\"{Width / 2}\" y=\"{Height + 40}\" text-anchor=\"middle\">{Escape(xLabel)}</text>\n<text transform=\"translate(-54 {Height / 2}) rotate(-90)\" text-anchor=\"middle\">{Escape(yLabel)}</text>\n");
        foreach (var (name, y) in _levels)
        {
            svg.Append(CultureInfo.InvariantCulture, $"<line y1=\"{Y(y):0.#}\" x2=\"{Width}\" y2=\"{Y(y):0.#}\" stroke=\"#D55E00\" stroke-dasharray=\"5 4\"/><text x=\"{Width - 4}\" y=\"{Y(y) - 5:0.#}\" text-anchor=\"end\" fill=\"#D55E00\">{Escape(name)}</text>\n");
        }

        for (var i = 0; i < _lines.Count; i++)
        {
            DrawLine(svg, i, X, Y);
        }

        return svg.Append("</g>\n").ToString();
    }

    private void DrawLine(StringBuilder svg, int index, Func<double, double> x, Func<double, double> y)
    {
        var colour = Colours[index % Colours.Length];
        svg.Append("<polyline points=\"").AppendJoin(' ', _lines[index].Points.Select(p => string.Create(CultureInfo.InvariantCulture, $"{x(p.X):0.#},{y(p.Y):0.#}")));
        svg.Append(CultureInfo.InvariantCulture, $"\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"2\"/>\n");
        foreach (var (px, py) in _lines[index].Points)
        {
            svg.Append(index % 2 == 0
                ? string.Create(CultureInfo.InvariantCulture, $"<circle cx=\"{x(px):0.#}\" cy=\"{y(py):0.#}\" r=\"3\" fill=\"{colour}\"/>")
                : string.Create(CultureInfo.InvariantCulture, $"<rect x=\"{x(px) - 3:0.#}\" y=\"{y(py) - 3:0.#}\" width=\"6\" height=\"6\" fill=\"{colour}\"/>"));
        }

        svg.Append(CultureInfo.InvariantCulture, $"<text x=\"{index * 120}\" y=\"-7\" fill=\"{colour}\">{(index % 2 == 0 ? "●" : "■")} {Escape(_lines[index].Name)}</text>\n");
    }

    public static string Escape(string text) => SecurityElement.Escape(text);

    /// <summary>About five steps, each 1, 2 or 5 times a power of ten.</summary>
    private static double Step(double most)
    {
        var rough = Math.Max(most, 1e-9) / 5;
        var power = Math.Pow(10, Math.Floor(Math.Log10(rough)));
        return (rough / power) switch { <= 1.2 => power, <= 2.5 => 2 * power, <= 6 => 5 * power, _ => 10 * power };
    }
}
