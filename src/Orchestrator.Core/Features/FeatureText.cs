using System.Buffers.Text;
using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Orchestrator.Core.Features;

/// <summary>Feature values as text (in files and in the native layout) and as JSON (what is joined to a request's input).</summary>
public static class FeatureText
{
    /// <summary>Most characters of a text.</summary>
    public const int MostCharacters = 64 * 1024;

    private static readonly byte[] True = "true"u8.ToArray();
    private static readonly byte[] False = "false"u8.ToArray();

    /// <summary>The value as the native layout keeps it; null: the text is none of that type.</summary>
    public static string? Canonical(FeatureType type, string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var trimmed = text.AsSpan().Trim();
        return type switch
        {
            FeatureType.Bool => trimmed switch { "true" or "True" or "TRUE" or "1" => "true", "false" or "False" or "FALSE" or "0" => "false", _ => null },
            FeatureType.Int32 => int.TryParse(trimmed, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var i) ? i.ToString(CultureInfo.InvariantCulture) : null,
            FeatureType.Int64 => long.TryParse(trimmed, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var l) ? l.ToString(CultureInfo.InvariantCulture) : null,
            FeatureType.Float => Number(trimmed) is { } f && (double.IsInfinity(f) || float.IsFinite((float)f) || double.IsNaN(f)) ? ((float)f).ToString("R", CultureInfo.InvariantCulture) : null,
            FeatureType.Double => Number(trimmed) is { } d ? d.ToString("R", CultureInfo.InvariantCulture) : null,
            _ => text.Length <= MostCharacters ? text : null,
        };
    }

    /// <summary>The value of a JSON element as the native layout keeps it; null: it is none of that type.</summary>
    public static string? Canonical(FeatureType type, JsonElement value) => (type, value.ValueKind) switch
    {
        (FeatureType.Bool, JsonValueKind.True) => "true",
        (FeatureType.Bool, JsonValueKind.False) => "false",
        (FeatureType.Bool, _) => null,
        (FeatureType.String, JsonValueKind.String) => TryGetText(value) is { } text ? Canonical(type, text) : null,
        (FeatureType.String, _) => null,
        (_, JsonValueKind.Number) => Canonical(type, value.GetRawText()),
        (FeatureType.Float or FeatureType.Double, JsonValueKind.String) when TryGetText(value) is "NaN" or "Infinity" or "-Infinity" => value.GetString(),
        _ => null,
    };

    /// <summary>A JSON value from what the native layout keeps; null: it is none of that type.</summary>
    public static byte[]? ToJson(FeatureType type, ReadOnlySpan<byte> text)
    {
        switch (type)
        {
            case FeatureType.Double or FeatureType.Float:
                return Utf8Parser.TryParse(text, out double number, out var used) && used == text.Length ? Number(type == FeatureType.Float ? (float)number : number) : SpecialNumber(text);
            case FeatureType.Int64:
                return Utf8Parser.TryParse(text, out long whole, out used) && used == text.Length ? Whole(whole) : null;
            case FeatureType.Int32:
                return Utf8Parser.TryParse(text, out int small, out used) && used == text.Length ? Whole(small) : null;
            case FeatureType.Bool:
                return text.SequenceEqual(True) || text.SequenceEqual("1"u8) ? True : text.SequenceEqual(False) || text.SequenceEqual("0"u8) ? False : null;
            default:
                return Text(text);
        }
    }

    /// <summary>JSON of a whole number.</summary>
    public static byte[] Whole(long value)
    {
        Span<byte> buffer = stackalloc byte[24];
        Utf8Formatter.TryFormat(value, buffer, out var length);
        return buffer[..length].ToArray();
    }

    /// <summary>JSON of a number; what JSON has no number for is the text that tensors take instead.</summary>
    public static byte[] Number(double value)
    {
        if (!double.IsFinite(value))
        {
            return double.IsNaN(value) ? "\"NaN\""u8.ToArray() : value > 0 ? "\"Infinity\""u8.ToArray() : "\"-Infinity\""u8.ToArray();
        }

        Span<byte> buffer = stackalloc byte[32];
        value.TryFormat(buffer, out var length, "R", CultureInfo.InvariantCulture);
        return buffer[..length].ToArray();
    }

    /// <summary>JSON of a truth value.</summary>
    public static byte[] Truth(bool value) => value ? True : False;

    /// <summary>JSON of a text; null: it is no UTF-8.</summary>
    public static byte[]? Text(ReadOnlySpan<byte> utf8)
    {
        if (!System.Text.Unicode.Utf8.IsValid(utf8) || utf8.Length > 4 * MostCharacters)
        {
            return null;
        }

        var encoded = JsonEncodedText.Encode(utf8, JavaScriptEncoder.UnsafeRelaxedJsonEscaping).EncodedUtf8Bytes;
        var json = new byte[encoded.Length + 2];
        json[0] = json[^1] = (byte)'"';
        encoded.CopyTo(json.AsSpan(1));
        return json;
    }

    private static byte[]? SpecialNumber(ReadOnlySpan<byte> text) =>
        text.Length is > 0 and < 64 && Number(Encoding.UTF8.GetString(text)) is { } number ? Number(number) : null;

    private static double? Number(ReadOnlySpan<char> text)
    {
        if (!double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number))
        {
            return null;
        }

        // 1e999 is no infinity that anybody meant.
        return double.IsFinite(number) || text.ContainsAny("nN") ? number : null;
    }

    private static string? TryGetText(JsonElement value)
    {
        try
        {
            return value.GetString();
        }
        catch (InvalidOperationException)
        {
            // A lone surrogate: no text.
            return null;
        }
    }
}
