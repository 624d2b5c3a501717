using System.Globalization;

namespace Orchestrator.Core.Features;

/// <summary>Entity keys as text, one spelling for each: <c>7</c>, <c>007</c> and <c>"7"</c> of an int64 key name one entity.</summary>
public static class EntityText
{
    /// <summary>Most characters of one key.</summary>
    public const int MostCharacters = 512;

    /// <summary>The one spelling; null: the text is no such key.</summary>
    public static string? Canonical(FeatureType type, string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return type switch
        {
            FeatureType.Int64 => long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var l) ? l.ToString(CultureInfo.InvariantCulture) : null,
            FeatureType.Int32 => int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var i) ? i.ToString(CultureInfo.InvariantCulture) : null,
            _ => text.Length is > 0 and <= MostCharacters ? text : null,
        };
    }

    /// <summary>What a key must be, for messages.</summary>
    public static string Expected(FeatureType type) => type switch
    {
        FeatureType.Int64 => "a whole number of 64 bits (int64)",
        FeatureType.Int32 => "a whole number of 32 bits (int32)",
        _ => $"text of 1 to {MostCharacters} characters, or a whole number",
    };
}
