using System.Globalization;
using System.Security;
using System.Text;

namespace Orchestrator.Simulation.Plotting;

/// <summary>Draws panels with lines as SVG. Colours are those of Okabe and Ito, which people with any colour vision can tell apart; shapes say the same again.</summary>
internal static class SvgDrawing
{
    private const int PanelWidth = 360;
    private const int PanelHeight = 250;
    private const int Left = 58;
    private const int Right = 18;
    private const int Top = 34;
    private const int Bottom = 50;
    private const int Header = 92;
    private const int MostColumns = 3;

    private static readonly string[] Colours = ["#999999", "#56B4E9", "#009E73", "#E69F00", "#CC79A7", "#D55E00", "#0072B2", "#000000"];

    public static string Draw(string title, string subtitle, IReadOnlyList<string> names, IReadOnlyList<PlotPanel> panels)
    {
        var columns = Math.Min(MostColumns, panels.Count == 4 ? 2 : panels.Count);
        var rows = (panels.Count + columns - 1) / columns;
        var width = Math.Max(560, columns * (PanelWidth + Left + Right));
        var height = Header + (rows * (PanelHeight + Top + Bottom)) + 8;
        var svg = new StringBuilder();
        svg.Append(CultureInfo.InvariantCulture, $"<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" width=\"{width}\" height=\"{height}\" font-family=\"Helvetica, Arial, 'DejaVu Sans', sans-serif\" font-size=\"12\" fill=\"#222\">\n");
        svg.Append(CultureInfo.InvariantCulture, $"<rect width=\"{width}\" height=\"{height}\" fill=\"#ffffff\"/>\n");
        svg.Append(CultureInfo.InvariantCulture, $"<text x=\"20\" y=\"28\" font-size=\"18\" font-weight=\"bold\">{Escape(title)}</text>\n<text x=\"20\" y=\"48\" fill=\"#555\">{Escape(subtitle)}</text>\n");
        Legend(svg, names);
        for (var i = 0; i < panels.Count; i++)
        {
            var x = (i % columns * (PanelWidth + Left + Right)) + Left;
            var y = Header + (i / columns * (PanelHeight + Top + Bottom)) + Top;
            svg.Append(CultureInfo.InvariantCulture, $"<g transform=\"translate({x} {y})\">\n");
            new PanelDrawing(svg, panels[i], names).Draw();
            svg.Append("</g>\n");
        }

        return svg.Append("</svg>\n").ToString();
    }

    private static void Legend(StringBuilder svg, IReadOnlyList<string> names)
    {
        double x = 20;
        foreach (var name in names)
        {
            svg.Append(CultureInfo.InvariantCulture, $"<line x1=\"{x:0.#}\" y1=\"70\" x2=\"{x + 26:0.#}\" y2=\"70\" {Stroke(names, name)}/>");
            Marker(svg, names, name, x + 13, 70);
            svg.Append(CultureInfo.InvariantCulture, $"<text x=\"{x + 32:0.#}\" y=\"74\">{Escape(name)}</text>\n");
            x += 56 + (name.Length * 6.6);
        }

        svg.Append(CultureInfo.InvariantCulture, $"<line x1=\"{x:0.#}\" y1=\"70\" x2=\"{x + 26:0.#}\" y2=\"70\" stroke=\"#bbb\" stroke-dasharray=\"2 4\" stroke-width=\"1.5\"/><text x=\"{x + 32:0.#}\" y=\"74\" fill=\"#777\">ideal</text>\n");
    }

    internal static string Stroke(IReadOnlyList<string> names, string name)
    {
        var last = names.Count > 1 && name == names[^1];
        return $"fill=\"none\" stroke=\"{Colour(names, name)}\" stroke-width=\"{(last ? "2.8" : "1.8")}\" stroke-linejoin=\"round\"";
    }

    internal static void Marker(StringBuilder svg, IReadOnlyList<string> names, string name, double x, double y)
    {
        var colour = Colour(names, name);
        svg.Append((Index(names, name) % 4) switch
        {
            0 => string.Create(CultureInfo.InvariantCulture, $"<circle cx=\"{x:0.#}\" cy=\"{y:0.#}\" r=\"3.4\" fill=\"{colour}\"/>"),
            1 => string.Create(CultureInfo.InvariantCulture, $"<rect x=\"{x - 3:0.#}\" y=\"{y - 3:0.#}\" width=\"6\" height=\"6\" fill=\"{colour}\"/>"),
            2 => string.Create(CultureInfo.InvariantCulture, $"<path d=\"M{x:0.#} {y - 4:0.#}l4 7h-8z\" fill=\"{colour}\"/>"),
            _ => string.Create(CultureInfo.InvariantCulture, $"<path d=\"M{x:0.#} {y - 4.4:0.#}l4.4 4.4-4.4 4.4-4.4-4.4z\" fill=\"{colour}\"/>"),
        });
    }

    internal static string Escape(string text) => SecurityElement.Escape(text);

    private static int Index(IReadOnlyList<string> names, string name) => Math.Max(0, names.ToList().IndexOf(name));

    private static string Colour(IReadOnlyList<string> names, string name) => Colours[Index(names, name) % Colours.Length];

    /// <summary>One panel: axes, grid and lines, with the origin at its upper left corner.</summary>
    private sealed class PanelDrawing(StringBuilder svg, PlotPanel panel, IReadOnlyList<string> names)
    {
        private readonly double _mostX = panel.Series.SelectMany(s => s.Points).Max(p => p.X);
        private readonly double _mostY = NiceAbove(Math.Max(panel.ShowsIdeal ? 1.02 : 0.1, panel.Series.SelectMany(s => s.Points).Max(p => p.Y)));

        public void Draw()
        {
            svg.Append(CultureInfo.InvariantCulture, $"<text x=\"0\" y=\"-12\" font-weight=\"bold\" font-size=\"13\">{Escape(panel.Title)}</text>\n");
            Grid();
            if (panel.ShowsIdeal)
            {
                var knee = Math.Min(1, _mostX);
                svg.Append(CultureInfo.InvariantCulture, $"<polyline points=\"0,{PanelHeight} {X(knee):0.#},{Y(knee):0.#} {X(_mostX):0.#},{Y(knee):0.#}\" fill=\"none\" stroke=\"#bbb\" stroke-dasharray=\"2 4\" stroke-width=\"1.5\"/>\n");
            }

            foreach (var series in panel.Series)
            {
                svg.Append("<polyline points=\"");
                foreach (var (x, y) in series.Points)
                {
                    svg.Append(CultureInfo.InvariantCulture, $"{X(x):0.#},{Y(y):0.#} ");
                }

                svg.Append(CultureInfo.InvariantCulture, $"\" {Stroke(names, series.Name)}/>\n");
                foreach (var (x, y) in series.Points)
                {
                    Marker(svg, names, series.Name, X(x), Y(y));
                }

                svg.Append('\n');
            }
        }

        private void Grid()
        {
            var step = Step(_mostY);
            for (var y = 0.0; y <= _mostY + (step / 2); y += step)
            {
                svg.Append(CultureInfo.InvariantCulture, $"<line x1=\"0\" y1=\"{Y(y):0.#}\" x2=\"{PanelWidth}\" y2=\"{Y(y):0.#}\" stroke=\"{(y == 0 ? "#888" : "#e6e6e6")}\"/><text x=\"-8\" y=\"{Y(y) + 4:0.#}\" text-anchor=\"end\" fill=\"#555\">{y:0.##}</text>\n");
            }

            step = Step(_mostX);
            for (var x = 0.0; x <= _mostX * 1.0001; x += step)
            {
                svg.Append(CultureInfo.InvariantCulture, $"<line x1=\"{X(x):0.#}\" y1=\"{PanelHeight}\" x2=\"{X(x):0.#}\" y2=\"{PanelHeight + 4}\" stroke=\"#888\"/><text x=\"{X(x):0.#}\" y=\"{PanelHeight + 18}\" text-anchor=\"middle\" fill=\"#555\">{x:0.##}</text>\n");
            }

            svg.Append(CultureInfo.InvariantCulture, $"<text x=\"{PanelWidth / 2}\" y=\"{PanelHeight + 38}\" text-anchor=\"middle\">{Escape(panel.XLabel)}</text>\n");
            svg.Append(CultureInfo.InvariantCulture, $"<text transform=\"translate(-42 {PanelHeight / 2}) rotate(-90)\" text-anchor=\"middle\">goodput / capacity</text>\n");
        }

        private double X(double x) => x / _mostX * PanelWidth;

        private double Y(double y) => PanelHeight - (y / _mostY * PanelHeight);

        /// <summary>About five steps, each 1, 2 or 5 times a power of ten.</summary>
        private static double Step(double most)
        {
            var rough = most / 5;
            var power = Math.Pow(10, Math.Floor(Math.Log10(rough)));
            return (rough / power) switch { <= 1.2 => power, <= 2.5 => 2 * power, <= 6 => 5 * power, _ => 10 * power };
        }

        private static double NiceAbove(double value)
        {
            var step = Step(value);
            return Math.Ceiling(value / step) * step;
        }
    }
}
