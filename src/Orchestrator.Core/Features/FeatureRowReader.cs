using System.Globalization;
using System.Text.Json;
using Orchestrator.Core.Cluster.Validation;

namespace Orchestrator.Core.Features;

/// <summary>Reads a record of a view from named values (a line of a file, an object of a request), typed by the view. Every mistake of a record at once.</summary>
public static class FeatureRowReader
{
    /// <summary>The column that says when a record was true, unless told otherwise.</summary>
    public const string TimeColumn = FeaturesSpecValidator.TimeField;

    private const int LongestQuote = 60;

    /// <summary>Reads.</summary>
    /// <param name="view">Of which view.</param>
    /// <param name="find">The value of a column; without content where there is none.</param>
    /// <param name="timeColumn">Which column says when it was true.</param>
    /// <param name="now">When it was true if nothing says so.</param>
    /// <param name="mistakes">Gets one line per mistake.</param>
    /// <returns>Null if there are mistakes.</returns>
    public static FeatureRow? Read(FeatureView view, Func<string, RawValue> find, string timeColumn, DateTimeOffset now, ICollection<string> mistakes)
    {
        ArgumentNullException.ThrowIfNull(view);
        ArgumentNullException.ThrowIfNull(find);
        ArgumentNullException.ThrowIfNull(mistakes);
        var before = mistakes.Count;
        var entity = view.Keys.Select(k => ReadKey(k, find(k.Name), mistakes)).ToArray();
        var at = ReadTime(timeColumn, find(timeColumn), now, mistakes);
        var values = view.Features.Select(f => ReadFeature(f, find(f.Name), mistakes)).ToArray();
        return mistakes.Count > before ? null : new FeatureRow(new EntityId(entity!), at, values);
    }

    private static string? ReadKey(EntityKey key, RawValue value, ICollection<string> mistakes)
    {
        if (value.IsNothing)
        {
            mistakes.Add($"'{key.Name}' is missing; expected {EntityText.Expected(key.Type)}");
            return null;
        }

        var text = value.Json is not { } json ? value.Text!
            : json.ValueKind == JsonValueKind.String ? FeatureText.Canonical(FeatureType.String, json)
            : json.ValueKind == JsonValueKind.Number && !json.GetRawText().AsSpan().ContainsAny(".eE") ? json.GetRawText()
            : null;
        var canonical = text is null ? null : EntityText.Canonical(key.Type, text);
        if (canonical is null)
        {
            mistakes.Add($"'{key.Name}': {value.Quote(LongestQuote)}; expected {EntityText.Expected(key.Type)}");
        }

        return canonical;
    }

    private static string? ReadFeature(Feature feature, RawValue value, ICollection<string> mistakes)
    {
        if (value.IsNothing)
        {
            return null;
        }

        var canonical = value.Json is { } json ? FeatureText.Canonical(feature.Type, json) : FeatureText.Canonical(feature.Type, value.Text!);
        if (canonical is null)
        {
            mistakes.Add($"'{feature.Name}': {value.Quote(LongestQuote)}; expected {FeatureTypes.Expected(feature.Type)}");
        }

        return canonical;
    }

    private static DateTimeOffset ReadTime(string column, RawValue value, DateTimeOffset now, ICollection<string> mistakes)
    {
        if (value.IsNothing)
        {
            return now;
        }

        var text = value.Json is { } json ? (json.ValueKind == JsonValueKind.String ? FeatureText.Canonical(FeatureType.String, json) ?? "" : json.GetRawText()) : value.Text!;
        if (long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var milliseconds) && milliseconds <= DateTimeOffset.MaxValue.ToUnixTimeMilliseconds())
        {
            return DateTimeOffset.FromUnixTimeMilliseconds(milliseconds);
        }

        if (text.Contains('-', StringComparison.Ordinal) && DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var at) && at >= DateTimeOffset.UnixEpoch)
        {
            return at;
        }

        mistakes.Add($"'{column}': {value.Quote(LongestQuote)}; expected a time such as 2026-01-31T12:00:00Z, or milliseconds since 1970");
        return now;
    }
}

/// <summary>A value before it is typed: text of a file, or JSON.</summary>
/// <param name="Text">Text; empty: nothing.</param>
/// <param name="Json">JSON; null: nothing.</param>
public readonly record struct RawValue(string? Text, JsonElement? Json)
{
    /// <summary>Nothing is there.</summary>
    public bool IsNothing => Json is { } json ? json.ValueKind is JsonValueKind.Null or JsonValueKind.Undefined : string.IsNullOrEmpty(Text);

    /// <summary>For messages.</summary>
    public string Quote(int longest)
    {
        var text = Json is { } json ? json.GetRawText() : $"'{Text}'";
        return text.Length > longest ? text[..longest] + "..." : text;
    }
}
