namespace Orchestrator.Core.Cluster.Files;

/// <summary>A node of a configuration file with its place, free of the parser's own types. Nodes may be shared (an alias is the node it names).</summary>
internal abstract class ConfigNode(int line, int column)
{
    /// <summary>1-based.</summary>
    public int Line { get; } = line;

    /// <summary>1-based.</summary>
    public int Column { get; } = column;

    /// <summary>Nodes below and including this one, shared ones as often as they appear: what walking the tree costs.</summary>
    public long Size { get; protected init; } = 1;

    /// <summary>For messages: <c>text</c>, <c>a list</c>, <c>a mapping</c>.</summary>
    public abstract string Kind { get; }
}

/// <summary>A scalar.</summary>
internal sealed class ConfigScalar(int line, int column, string text, bool isPlain) : ConfigNode(line, column)
{
    public string Text { get; } = text;

    /// <summary>Written without quotes: it may be a number, a truth value or null.</summary>
    public bool IsPlain { get; } = isPlain;

    public bool IsNull => IsPlain && (Text is "" or "~" or "null" or "Null" or "NULL");

    public override string Kind => IsNull ? "nothing" : $"'{(Text.Length > 60 ? Text[..60] + "..." : Text)}'";
}

/// <summary>A sequence.</summary>
internal sealed class ConfigList : ConfigNode
{
    public ConfigList(int line, int column, IReadOnlyList<ConfigNode> items) : base(line, column)
    {
        Items = items;
        Size = 1 + items.Sum(i => i.Size);
    }

    public IReadOnlyList<ConfigNode> Items { get; }

    public override string Kind => "a list";
}

/// <summary>A mapping with unique keys.</summary>
internal sealed class ConfigMap : ConfigNode
{
    public ConfigMap(int line, int column, IReadOnlyList<(ConfigScalar Key, ConfigNode Value)> entries) : base(line, column)
    {
        Entries = entries;
        Size = 1 + entries.Sum(e => 1 + e.Value.Size);
    }

    public IReadOnlyList<(ConfigScalar Key, ConfigNode Value)> Entries { get; }

    public override string Kind => "a mapping";
}
