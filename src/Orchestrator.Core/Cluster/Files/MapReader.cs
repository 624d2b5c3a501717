using System.Globalization;
using System.Text.Json;

namespace Orchestrator.Core.Cluster.Files;

/// <summary>Where a value of the spec stands in the file, in the file's own words.</summary>
internal sealed record FilePosition(string Path, int Line, int Column);

/// <summary>What reading one file adds up to: mistakes, and the place of each value by its path in the spec.</summary>
internal sealed class ReadingContext(string file, string folder, Func<string, string?> environment)
{
    public string Folder => folder;

    public List<SpecError> Errors { get; } = [];

    public Dictionary<string, FilePosition> Positions { get; } = new(StringComparer.Ordinal);

    /// <summary>Paths in the spec that could not be read: what a validator says of them says nothing.</summary>
    public HashSet<string> Unread { get; } = new(StringComparer.Ordinal);

    public void Report(string path, int line, int column, string message) => Errors.Add(new SpecError(path, message, file, line, column));

    public string Expand(ConfigScalar scalar, string path, string specPath)
    {
        var text = EnvironmentVariables.Expand(scalar.Text, environment, out var problem);
        if (problem is not null)
        {
            Report(path, scalar.Line, scalar.Column, problem);
            Unread.Add(specPath);
        }

        return text;
    }
}

/// <summary>
/// Takes the values of one mapping by key and type. A value that is missing is null; one that is wrong is reported and null. <see cref="Finish"/> reports the keys that
/// nobody asked for. Two paths are kept: the file's (what the user reads) and the spec's (what validators say), which differ where the file has a short form.
/// </summary>
internal sealed class MapReader
{
    private readonly ReadingContext _context;
    private readonly ConfigNode _node;
    private readonly Dictionary<string, ConfigNode> _values = new(StringComparer.Ordinal);
    private readonly List<string> _asked = [];
    private readonly string _path;

    public MapReader(ReadingContext context, ConfigNode node, string path, string specPath, string expected)
    {
        _context = context;
        _node = node;
        _path = path;
        SpecPath = specPath;
        Mark(specPath, path, node);
        if (node is ConfigMap map)
        {
            foreach (var (key, value) in map.Entries)
            {
                _values.Add(key.Text, value);
            }
        }
        else
        {
            Fail(node, path, specPath, expected);
        }
    }

    public string SpecPath { get; set; }

    private bool IsMap => _node is ConfigMap;

    public bool IsScalar(string key) => _values.GetValueOrDefault(key) is ConfigScalar;

    public bool IsList(string key) => _values.GetValueOrDefault(key) is ConfigList;

    /// <summary>Says that a key may be there.</summary>
    public void Ask(string key) => _asked.Add(key);

    public bool Has(string key) => _values.ContainsKey(key);

    public string PathOf(string key) => _path.Length == 0 ? key : $"{_path}.{key}";

    /// <summary>The node of a key, its place noted; null if it is missing.</summary>
    public ConfigNode? Node(string key, string? specKey = null)
    {
        _asked.Add(key);
        var value = _values.GetValueOrDefault(key);
        // A missing one has the place of the mapping and its own name: what is said of its default (or of its absence) is said in the file's words.
        Mark(SpecKey(specKey ?? key), PathOf(key), value ?? _node);
        return value;
    }

    public string? Text(string key, string? specKey = null) =>
        Scalar(key, specKey, "text", scalar => scalar.IsNull ? null : _context.Expand(scalar, PathOf(key), SpecKey(specKey ?? key)));

    public string RequiredText(string key, string what, string? specKey = null)
    {
        var value = Text(key, specKey);
        if (value is null && !Has(key))
        {
            Report(key, $"is missing; expected {what}.");
            _context.Unread.Add(SpecKey(specKey ?? key));
        }

        return value ?? "";
    }

    public int? Integer(string key) => Value<int>(key, "a whole number", text => int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var n) ? n : null);

    public double? Number(string key) => Value<double>(
        key, "a number", text => double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var n) && double.IsFinite(n) ? n : null);

    public bool? Boolean(string key) => Value<bool>(key, "true or false", text => text switch { "true" or "True" or "TRUE" => true, "false" or "False" or "FALSE" => false, _ => null });

    public TimeSpan? Duration(string key, string? specKey = null) =>
        Value<TimeSpan>(key, Durations.Expected, text => Durations.TryParse(text, out var duration) ? duration : null, specKey);

    public int? Bytes(string key) => Value<int>(key, ByteSizes.Expected + ", below 2GiB", text => ByteSizes.TryParse(text, out var bytes) && bytes <= int.MaxValue ? (int)bytes : null);

    public long? Size(string key) => Value<long>(key, ByteSizes.Expected, text => ByteSizes.TryParse(text, out var bytes) ? bytes : null);

    public JsonElement? Json(string key) => Node(key) is { } node ? JsonValueReader.Read(_context, node, PathOf(key), SpecKey(key)) : null;

    /// <summary>A mapping under a key; null if the key is missing.</summary>
    public MapReader? Map(string key, string expected) => Node(key) is { } node ? new MapReader(_context, node, PathOf(key), SpecKey(key), expected) : null;

    /// <summary>Every entry of a mapping whose keys are the user's own; empty if it is missing.</summary>
    public IEnumerable<(string Key, ConfigNode Node, string Path)> Entries(string key, string expected)
    {
        if (Node(key) is not { } node)
        {
            return [];
        }

        if (node is not ConfigMap map)
        {
            Fail(node, PathOf(key), SpecKey(key), expected);
            return [];
        }

        foreach (var (name, value) in map.Entries)
        {
            Mark($"{SpecKey(key)}.{name.Text}", $"{PathOf(key)}.{name.Text}", value);
        }

        return map.Entries.Select(e => (e.Key.Text, e.Value, $"{PathOf(key)}.{e.Key.Text}"));
    }

    /// <summary>Every item of a list, read by <paramref name="read"/> from node, path and spec path; empty if the key is missing.</summary>
    public IReadOnlyList<T> List<T>(string key, string expected, Func<ConfigNode, string, string, T> read)
    {
        if (Node(key) is not { } node)
        {
            return [];
        }

        if (node is not ConfigList list)
        {
            Fail(node, PathOf(key), SpecKey(key), expected);
            return [];
        }

        return [.. list.Items.Select((item, i) =>
        {
            Mark($"{SpecKey(key)}[{i}]", $"{PathOf(key)}[{i}]", item);
            return read(item, $"{PathOf(key)}[{i}]", $"{SpecKey(key)}[{i}]");
        })];
    }

    /// <summary>Text of a node that is not the value of a fixed key; null (and reported) if it is none.</summary>
    public string? TextOf(ConfigNode node, string path, string specPath)
    {
        if (node is ConfigScalar scalar)
        {
            return _context.Expand(scalar, path, specPath);
        }

        Fail(node, path, specPath, "text");
        return null;
    }

    /// <summary>JSON of a node that is not the value of a fixed key; null (and reported) if it has none.</summary>
    public JsonElement? JsonOf(ConfigNode node, string path, string specPath) => JsonValueReader.Read(_context, node, path, specPath);

    /// <summary>A path made absolute: relative ones are relative to the file's folder.</summary>
    public string Resolve(string path) => Path.GetFullPath(Path.Combine(_context.Folder, path));

    /// <summary>Reports a mistake at a key's value, or at the mapping if the key is missing. Nothing more is said of a node that is no mapping.</summary>
    public void Report(string key, string message)
    {
        if (!IsMap)
        {
            return;
        }

        var place = _values.GetValueOrDefault(key) ?? _node;
        _context.Report(PathOf(key), place.Line, place.Column, message);
    }

    /// <summary>Says that this mapping stands for a part of the spec that the file does not spell out.</summary>
    public void StandsFor(string specKey) => Mark(SpecKey(specKey), _path, _node);

    /// <summary>Says that nothing a validator finds at this key is worth reporting.</summary>
    public void Suppress(string specKey) => _context.Unread.Add(SpecKey(specKey));

    /// <summary>Reports every key that nobody asked for.</summary>
    public void Finish()
    {
        foreach (var (key, _) in (_node as ConfigMap)?.Entries ?? [])
        {
            if (!_asked.Contains(key.Text))
            {
                // With what was probably meant nobody reads all the others.
                var expected = Suggestion.For(key.Text, _asked) is { Length: > 0 } meant ? meant : $"; expected {string.Join(", ", _asked.Distinct().Order(StringComparer.Ordinal))}";
                _context.Report(PathOf(key.Text), key.Line, key.Column, $"unknown key '{key.Text}'{expected}.");
            }
        }
    }

    private T? Value<T>(string key, string expected, Func<string, T?> parse, string? specKey = null) where T : struct
    {
        T? parsed = null;
        Scalar(key, specKey, expected, scalar =>
        {
            var errors = _context.Errors.Count;
            var text = _context.Expand(scalar, PathOf(key), SpecKey(specKey ?? key));
            parsed = parse(text);
            return parsed is not null || _context.Errors.Count > errors ? text : null;
        });
        return parsed;
    }

    private string? Scalar(string key, string? specKey, string expected, Func<ConfigScalar, string?> read)
    {
        if (Node(key, specKey) is not { } node)
        {
            return null;
        }

        var text = node is ConfigScalar scalar ? read(scalar) : null;
        if (text is null)
        {
            Fail(node, PathOf(key), SpecKey(specKey ?? key), expected);
        }

        return text;
    }

    private void Fail(ConfigNode node, string path, string specPath, string expected)
    {
        _context.Unread.Add(specPath);
        _context.Report(path, node.Line, node.Column, $"expected {expected}, found {node.Kind}.");
    }

    private string SpecKey(string key) => SpecPath.Length == 0 ? key : $"{SpecPath}.{key}";

    private void Mark(string specPath, string path, ConfigNode node) => _context.Positions.TryAdd(specPath, new FilePosition(path, node.Line, node.Column));
}
