using System.Text;
using System.Text.Json;
using Orchestrator.Core.Cluster;
using Orchestrator.Core.Features;
using Orchestrator.Protocol;
using Orchestrator.Serving.Features;

namespace Orchestrator.Host.Query.Applications.Features;

/// <summary>Reads one entity: an object with a member for each key.</summary>
internal static class EntityReader
{
    private const int LongestQuote = 60;

    /// <summary>Reads the value the reader stands on and leaves it on the value's last token.</summary>
    /// <param name="reader">On the first token.</param>
    /// <param name="features">Knows the keys.</param>
    /// <param name="what">For messages: <c>entity</c>.</param>
    /// <returns>By key of the application; null where the request does not name it.</returns>
    /// <exception cref="ProtocolException">It is none.</exception>
    public static string?[] Read(ref Utf8JsonReader reader, ApplicationFeatures features, string what)
    {
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            throw new ProtocolException($"{what} is {Describe(ref reader)}; expected an object with the keys of the entity, such as {{{Example(features)}}}");
        }

        var values = new string?[features.Keys.Count];
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var index = IndexOf(ref reader, features);
            if (index < 0)
            {
                var name = reader.GetString()!;
                throw new ProtocolException($"{what} has '{name}', which nothing is looked up by{Suggestion.For(name, features.Keys.Select(k => k.Name))}; expected {string.Join(", ", features.Keys.Select(k => k.Name))}");
            }

            reader.Read();
            values[index] = ReadKey(ref reader, features.Keys[index], what);
        }

        return values;
    }

    private static string ReadKey(ref Utf8JsonReader reader, EntityKey key, string what)
    {
        var text = reader.TokenType switch
        {
            JsonTokenType.String => reader.GetString(),
            // 7.0 and 7e0 are other texts than 7: which entity they name would depend on who wrote them.
            JsonTokenType.Number when reader.ValueSpan.IndexOfAny((byte)'.', (byte)'e', (byte)'E') < 0 => Encoding.UTF8.GetString(reader.ValueSpan),
            _ => null,
        };
        return text is not null && EntityText.Canonical(key.Type, text) is { } canonical
            ? canonical
            : throw new ProtocolException($"{what}: '{key.Name}' is {Describe(ref reader)}; expected {EntityText.Expected(key.Type)}");
    }

    private static int IndexOf(ref Utf8JsonReader reader, ApplicationFeatures features)
    {
        for (var i = 0; i < features.Keys.Count; i++)
        {
            if (reader.ValueTextEquals(features.Keys[i].Name))
            {
                return i;
            }
        }

        return -1;
    }

    private static string Describe(ref Utf8JsonReader reader) => reader.TokenType switch
    {
        JsonTokenType.StartObject => "an object",
        JsonTokenType.StartArray => "an array",
        JsonTokenType.String => $"\"{Shorten(reader.GetString()!)}\"",
        JsonTokenType.Null => "null",
        _ => Shorten(Encoding.UTF8.GetString(reader.ValueSpan)),
    };

    private static string Shorten(string text) => text.Length > LongestQuote ? text[..LongestQuote] + "..." : text;

    private static string Example(ApplicationFeatures features) => string.Join(", ", features.Keys.Select(k => $"\"{k.Name}\": {(k.Type == FeatureType.String ? "\"a\"" : "7")}"));
}
