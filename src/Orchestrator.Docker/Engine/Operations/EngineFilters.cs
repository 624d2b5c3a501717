using System.Text.Json;

namespace Orchestrator.Docker.Engine;

/// <summary>Filters of lists and events: all names must match, of a name's values any.</summary>
internal sealed class EngineFilters
{
    private readonly Dictionary<string, string[]> _filters = new(StringComparer.Ordinal);

    public EngineFilters Add(string name, params string[] values)
    {
        _filters[name] = values;
        return this;
    }

    /// <summary><c>name=value</c>.</summary>
    public EngineFilters Label(string name, string value) => Add("label", $"{name}={value}");

    public override string ToString() => JsonSerializer.Serialize(_filters, EngineJson.Default.DictionaryStringStringArray);
}
