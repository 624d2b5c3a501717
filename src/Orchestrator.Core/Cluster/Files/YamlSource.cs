using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace Orchestrator.Core.Cluster.Files;

/// <summary>
/// Turns YAML into nodes with places. The one file that knows the YAML library: its events carry line and column, its deserializer would lose them.
/// </summary>
internal sealed class YamlSource
{
    private const int MaxDepth = 50;

    /// <summary>Aliases make a short file stand for an enormous one; nothing sensible comes near this.</summary>
    private const long MaxSize = 200_000;

    private readonly Parser _parser;
    private readonly Action<int, int, string> _report;
    private readonly Dictionary<string, ConfigNode> _anchors = new(StringComparer.Ordinal);

    private YamlSource(string text, Action<int, int, string> report)
    {
        _parser = new Parser(new Scanner(new StringReader(text), skipComments: true));
        _report = report;
    }

    /// <summary>The only document of a text; null if there is none, or after a mistake that ends the reading.</summary>
    /// <param name="text">The file's content.</param>
    /// <param name="report">Hears of each mistake: line, column, message.</param>
    public static ConfigNode? Parse(string text, Action<int, int, string> report)
    {
        var source = new YamlSource(text, report);
        try
        {
            return source.ReadDocument();
        }
        catch (UnreadableException e)
        {
            report(e.Line, e.Column, e.Message);
        }
        catch (YamlException e)
        {
            Explain(e, text, report);
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            // The library has lapses: some broken texts make it throw InvalidOperationException, EndOfStreamException and others instead of its own (found by fuzzing).
            var last = source._parser.Current?.End ?? Mark.Empty;
            report(Math.Max(1, (int)last.Line), Math.Max(1, (int)last.Column), "is no valid YAML from here on: look for a quote, bracket or control character that does not belong.");
        }

        return null;
    }

    private static void Explain(YamlException e, string text, Action<int, int, string> report)
    {
        var lines = text.Split('\n');
        // The parser names the place where it began to look for something, which may be lines before the tab.
        for (var i = (int)e.Start.Line - 1; i < Math.Min(lines.Length, (int)e.End.Line + 1); i++)
        {
            var indentation = lines[i][..^lines[i].TrimStart().Length];
            if (indentation.IndexOf('\t', StringComparison.Ordinal) is var tab and >= 0)
            {
                report(i + 1, tab + 1, "the line is indented with a tab, which YAML does not allow; use spaces.");
                return;
            }
        }

        report((int)e.Start.Line, (int)e.Start.Column, $"is no valid YAML: {e.Message.TrimEnd('.')}.");
    }

    private ConfigNode? ReadDocument()
    {
        _parser.Consume<StreamStart>();
        if (_parser.Accept<StreamEnd>(out _))
        {
            return null;
        }

        _parser.Consume<DocumentStart>();
        var root = ReadNode(0);
        _parser.Consume<DocumentEnd>();
        if (_parser.TryConsume<DocumentStart>(out var second))
        {
            _report((int)second.Start.Line, (int)second.Start.Column, "a second document begins here; expected one document per file.");
        }

        return root;
    }

    private ConfigNode ReadNode(int depth)
    {
        var next = _parser.Consume<ParsingEvent>();
        var mark = next.Start;
        if (depth > MaxDepth)
        {
            throw new UnreadableException(mark, $"is nested deeper than {MaxDepth} levels.");
        }

        var node = next switch
        {
            AnchorAlias alias => _anchors.GetValueOrDefault(alias.Value.Value)
                ?? throw new UnreadableException(mark, $"*{alias.Value.Value} names no anchor; expected &{alias.Value.Value} at a value above."),
            Scalar scalar => ReadScalar(scalar),
            SequenceStart => ReadList(mark, depth),
            _ => ReadMap(mark, depth),
        };
        if (node.Size > MaxSize)
        {
            throw new UnreadableException(mark, $"stands for more than {MaxSize} values; remove aliases that repeat each other.");
        }

        if (next is NodeEvent { Anchor.IsEmpty: false } anchored)
        {
            _anchors[anchored.Anchor.Value] = node;
        }

        return node;
    }

    private ConfigScalar ReadScalar(Scalar scalar)
    {
        var tag = scalar.Tag.IsEmpty || scalar.Tag.IsNonSpecific ? "" : scalar.Tag.Value;
        if (tag.Length > 0 && !tag.StartsWith("tag:yaml.org,2002:", StringComparison.Ordinal))
        {
            _report((int)scalar.Start.Line, (int)scalar.Start.Column, $"the tag {tag} means nothing here; remove it.");
        }

        var isPlain = tag.Length == 0 ? scalar.Style == ScalarStyle.Plain : !tag.EndsWith(":str", StringComparison.Ordinal);
        return new ConfigScalar((int)scalar.Start.Line, (int)scalar.Start.Column, scalar.Value, isPlain);
    }

    private ConfigList ReadList(Mark mark, int depth)
    {
        var items = new List<ConfigNode>();
        while (!_parser.TryConsume<SequenceEnd>(out _))
        {
            items.Add(ReadNode(depth + 1));
        }

        return new ConfigList((int)mark.Line, (int)mark.Column, items);
    }

    private ConfigMap ReadMap(Mark mark, int depth)
    {
        var entries = new List<(ConfigScalar Key, ConfigNode Value)>();
        var lines = new Dictionary<string, int>(StringComparer.Ordinal);
        while (!_parser.TryConsume<MappingEnd>(out _))
        {
            var key = ReadNode(depth + 1);
            var value = ReadNode(depth + 1);
            if (key is not ConfigScalar name)
            {
                _report(key.Line, key.Column, $"{key.Kind} cannot be a key; expected text.");
            }
            else if (!lines.TryAdd(name.Text, name.Line))
            {
                _report(name.Line, name.Column, $"key '{name.Text}' is given twice, first in line {lines[name.Text]}; expected each key once.");
            }
            else
            {
                entries.Add((name, value));
            }
        }

        return new ConfigMap((int)mark.Line, (int)mark.Column, entries);
    }

    /// <summary>Ends the reading: what follows cannot be understood.</summary>
    private sealed class UnreadableException(Mark mark, string message) : Exception(message)
    {
        public int Line { get; } = (int)mark.Line;

        public int Column { get; } = (int)mark.Column;
    }
}
