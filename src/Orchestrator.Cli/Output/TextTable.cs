using System.Text;
using Spectre.Console;

namespace Orchestrator.Cli.Output;

/// <summary>What a cell says, and how it looks where there is colour.</summary>
internal readonly record struct Cell(string Text, CellTone Tone = CellTone.Plain)
{
    public static implicit operator Cell(string text) => new(text);
}

/// <summary>What a colour would say; never the only carrier of it.</summary>
internal enum CellTone
{
    Plain,
    Good,
    Busy,
    Bad,
    Quiet,
}

/// <summary>Columns and rows; drawn with lines and colour on a terminal, as aligned text elsewhere.</summary>
internal sealed class TextTable(params string[] columns)
{
    private const string Gap = "  ";
    private readonly List<Cell[]> _rows = [];

    public int Count => _rows.Count;

    public void Add(params Cell[] cells) => _rows.Add(cells);

    /// <summary>For pipes and files: no lines, no colour, no trailing blanks, one row a line.</summary>
    public string ToPlain()
    {
        var widths = columns.Select((c, i) => Math.Max(c.Length, _rows.Select(r => r[i].Text.Length).DefaultIfEmpty(0).Max())).ToArray();
        var text = new StringBuilder();
        AppendRow(text, columns.Select(c => c.ToUpperInvariant()), widths);
        foreach (var row in _rows)
        {
            AppendRow(text, row.Select(c => c.Text.ReplaceLineEndings(" ")), widths);
        }

        return text.ToString();
    }

    public Table ToSpectre()
    {
        var table = new Table { Border = TableBorder.Rounded };
        foreach (var column in columns)
        {
            table.AddColumn(new TableColumn(new Text(column, new Style(decoration: Decoration.Bold))));
        }

        foreach (var row in _rows)
        {
            table.AddRow(row.Select(c => new Text(c.Text, StyleOf(c.Tone))));
        }

        return table;
    }

    private static Style StyleOf(CellTone tone) => tone switch
    {
        CellTone.Good => new Style(Color.Green),
        CellTone.Busy => new Style(Color.Yellow),
        CellTone.Bad => new Style(Color.Red),
        CellTone.Quiet => new Style(Color.Grey),
        _ => Style.Plain,
    };

    private static void AppendRow(StringBuilder text, IEnumerable<string> cells, int[] widths)
    {
        var line = string.Join(Gap, cells.Select((c, i) => c.PadRight(widths[i])));
        text.Append(line.TrimEnd()).Append('\n');
    }
}
