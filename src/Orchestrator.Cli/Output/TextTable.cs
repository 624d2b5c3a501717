using System.Text;
using Spectre.Console;
using Spectre.Console.Rendering;

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

/// <summary>
/// Columns and rows; drawn with lines and colour on a terminal, as aligned text elsewhere. A last column of long texts, such as reasons, is declared with
/// <see cref="HasNote"/>: it alone is wrapped or cut at its end, and what was cut stands whole below the table.
/// </summary>
internal sealed class TextTable(params string[] columns)
{
    private const string Gap = "  ";
    private const string Ellipsis = "...";
    private const int LongestNote = 120;

    /// <summary>Narrower than that a text is hardly read: it gets lines of its own.</summary>
    private const int NarrowestNote = 24;

    private readonly List<Cell[]> _rows = [];

    public int Count => _rows.Count;

    /// <summary>The last column holds texts that may be long or missing, and may stand below the table; otherwise every column is drawn.</summary>
    public bool HasNote { get; init; }

    /// <summary>What a row is called where its last cell stands below the table.</summary>
    public Func<IReadOnlyList<Cell>, string> RowName { get; init; } = row => $"{row[0].Text} {row[1].Text}";

    public void Add(params Cell[] cells) => _rows.Add([.. cells.Select(c => c with { Text = c.Text.ReplaceLineEndings(" ") })]);

    /// <summary>For pipes and files: no lines, no colour, no trailing blanks, one row a line.</summary>
    public string ToPlain()
    {
        var cut = _rows.ConvertAll(Cut);
        var widths = Widths(cut);
        var text = new StringBuilder();
        AppendRow(text, columns.Select(c => c.ToUpperInvariant()), widths);
        foreach (var row in cut)
        {
            AppendRow(text, row.Select(c => c.Text), widths);
        }

        foreach (var row in _rows.Where(IsCut))
        {
            text.Append(Note(row)).Append('\n');
        }

        return text.ToString();
    }

    /// <summary>For a terminal of that width: names are not broken while there is another way.</summary>
    public IRenderable ToTerminal(int width)
    {
        var cut = _rows.ConvertAll(Cut);
        var widths = Widths(cut);
        if (!HasNote)
        {
            return Draw(cut, widths, width);
        }

        var last = columns.Length - 1;
        var longest = cut.Select(r => r[last].Text.Length).DefaultIfEmpty(0).Max();
        if (longest == 0)
        {
            return Draw(cut, widths[..last], width);
        }

        var room = width - widths[..last].Sum() - Frame(columns.Length, hasLines: false);
        var wanted = Math.Max(columns[last].Length, Math.Min(longest, NarrowestNote));
        return room >= wanted
            ? new Rows([Draw(cut, [.. widths[..last], wanted], width), .. _rows.Where(IsCut).Select(r => new Text(Note(r)))])
            : new Rows([Draw(cut, widths[..last], width), .. _rows.Where(r => r[last].Text.Length > 0).Select(r => new Text(Note(r)))]);
    }

    /// <summary>The first columns, as many as there are widths: with lines around if these leave them their width.</summary>
    private Table Draw(List<Cell[]> rows, int[] widths, int width)
    {
        var hasLines = widths.Sum() + Frame(widths.Length, hasLines: true) <= width;
        var fitting = hasLines ? widths : Fit(rows, widths, width - Frame(widths.Length, hasLines: false));
        var table = new Table { Border = hasLines ? TableBorder.Rounded : TableBorder.None };
        for (var i = 0; i < widths.Length; i++)
        {
            var isNarrowed = fitting[i] < widths[i];
            table.AddColumn(new TableColumn(new Text(columns[i], new Style(decoration: Decoration.Bold)))
            {
                NoWrap = !isNarrowed && !(HasNote && i == columns.Length - 1),
                Width = isNarrowed ? fitting[i] : null,
                Padding = hasLines ? new Padding(1, 0) : new Padding(0, 0, 1, 0),
            });
        }

        foreach (var row in rows)
        {
            table.AddRow(row.Take(widths.Length).Select(c => new Text(c.Text, StyleOf(c.Tone))));
        }

        return table;
    }

    /// <summary>Widths that need no more than the room: headers are broken between words, then within them, before a value is; of the values the widest suffers first: an image's name, not a model's.</summary>
    private int[] Fit(List<Cell[]> rows, int[] widths, int room)
    {
        var fitting = widths.ToArray();
        var values = widths.Select((_, i) => rows.Select(r => r[i].Text.Length).DefaultIfEmpty(0).Max()).ToArray();
        var words = values.Select((v, i) => Math.Max(v, columns[i].Split(' ').Max(w => w.Length))).ToArray();
        foreach (var floors in (ReadOnlySpan<int[]>)[words, values, new int[widths.Length]])
        {
            while (fitting.Sum() > room)
            {
                // Of headers the one that is longest for its column, of values the longest.
                var most = fitting.Select((f, i) => f - Math.Max(floors[i], 1)).ToArray();
                if (most.Max() <= 0)
                {
                    break;
                }

                fitting[Array.IndexOf(most, most.Max())]--;
            }
        }

        return fitting;
    }

    // A blank on both sides of each cell and lines between and around them; without lines a blank after each.
    private static int Frame(int count, bool hasLines) => hasLines ? (3 * count) + 1 : count;

    private int[] Widths(List<Cell[]> rows) => [.. columns.Select((c, i) => Math.Max(c.Length, rows.Select(r => r[i].Text.Length).DefaultIfEmpty(0).Max()))];

    private bool IsCut(Cell[] row) => HasNote && row[^1].Text.Length > LongestNote;

    private Cell[] Cut(Cell[] row) => IsCut(row) ? [.. row[..^1], row[^1] with { Text = row[^1].Text[..(LongestNote - Ellipsis.Length)] + Ellipsis }] : row;

    private string Note(Cell[] row) => $"{RowName(row)}: {row[^1].Text}";

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
