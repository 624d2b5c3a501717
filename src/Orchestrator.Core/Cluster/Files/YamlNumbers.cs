using System.Globalization;
using System.Numerics;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Orchestrator.Core.Cluster.Files;

/// <summary>What an unquoted scalar is as JSON, by the core schema of YAML 1.2 (so <c>yes</c>, <c>on</c> and <c>1:30</c> are text).</summary>
internal static partial class YamlNumbers
{
    /// <returns>JSON text; null for infinities and NaN, which JSON does not have.</returns>
    public static string? ToJson(ConfigScalar scalar)
    {
        var text = scalar.Text;
        if (!scalar.IsPlain)
        {
            return Quote(text);
        }

        if (scalar.IsNull)
        {
            return "null";
        }

        return text switch
        {
            "true" or "True" or "TRUE" => "true",
            "false" or "False" or "FALSE" => "false",
            _ when NotFinite().IsMatch(text) => null,
            _ when JsonNumber().IsMatch(text) => text,
            _ when text.StartsWith("0x", StringComparison.Ordinal) && Hexadecimal().IsMatch(text) => BigInteger.Parse("0" + text[2..], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture).ToString(CultureInfo.InvariantCulture),
            _ when Octal().IsMatch(text) => text[2..].Aggregate(BigInteger.Zero, (sum, digit) => (sum * 8) + (digit - '0')).ToString(CultureInfo.InvariantCulture),
            _ when Integer().IsMatch(text) => BigInteger.Parse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture).ToString(CultureInfo.InvariantCulture),
            _ when Float().IsMatch(text) => FormatDouble(text),
            _ => Quote(text),
        };
    }

    private static string? FormatDouble(string text)
    {
        var value = double.Parse(text, NumberStyles.Float, CultureInfo.InvariantCulture);
        if (!double.IsFinite(value))
        {
            return null;
        }

        var json = value.ToString("R", CultureInfo.InvariantCulture);
        // 1. is a float in YAML and must stay one: a container may tell 1.0 from 1.
        return json.AsSpan().IndexOfAny('.', 'E') < 0 ? json + ".0" : json;
    }

    private static string Quote(string text) => JsonSerializer.Serialize(text, YamlJson.Default.String);

    [GeneratedRegex(@"^[-+]?\.(inf|Inf|INF)$|^\.(nan|NaN|NAN)$")]
    private static partial Regex NotFinite();

    [GeneratedRegex(@"^-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?\z")]
    private static partial Regex JsonNumber();

    [GeneratedRegex("^0x[0-9a-fA-F]+$")]
    private static partial Regex Hexadecimal();

    [GeneratedRegex("^0o[0-7]+$")]
    private static partial Regex Octal();

    [GeneratedRegex("^[-+]?[0-9]+$")]
    private static partial Regex Integer();

    [GeneratedRegex(@"^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$")]
    private static partial Regex Float();
}

[System.Text.Json.Serialization.JsonSerializable(typeof(string))]
internal sealed partial class YamlJson : System.Text.Json.Serialization.JsonSerializerContext;
