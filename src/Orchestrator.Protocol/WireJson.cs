using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Orchestrator.Protocol;

/// <summary>Reads the small parts of protocol JSON; whatever is wrong becomes a <see cref="ProtocolException"/> that says where.</summary>
internal static class WireJson
{
    private const int ExcerptLength = 60;

    /// <summary>Validation off: what is written has the right form by construction. Bodies are never pasted into HTML, so nothing but JSON's own needs escaping.</summary>
    public static JsonWriterOptions WriterOptions { get; } = new() { SkipValidation = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static JsonReaderOptions Options(CodecLimits limits) => new() { MaxDepth = limits.MaxDepth };

    public static ProtocolException Invalid(JsonException error) => new($"not valid JSON: {JsonMistake.Describe(error)}", error);

    /// <summary>Moves to the next token, which there must be.</summary>
    public static void Next(ref Utf8JsonReader reader)
    {
        if (!reader.Read())
        {
            throw new ProtocolException("not valid JSON: it ends in the middle");
        }
    }

    /// <summary>From a property's name past its value.</summary>
    public static void SkipValue(ref Utf8JsonReader reader)
    {
        Next(ref reader);
        Skip(ref reader);
    }

    /// <summary>From a value's first token to its last one.</summary>
    public static void Skip(ref Utf8JsonReader reader)
    {
        if (!reader.TrySkip())
        {
            throw new ProtocolException("not valid JSON: it ends in the middle");
        }
    }

    /// <summary>The name of the property the reader stands on, unescaped. Nearly always a view without allocation.</summary>
    public static ReadOnlySpan<byte> PropertyName(ref Utf8JsonReader reader) =>
        reader is { ValueIsEscaped: false, HasValueSequence: false } ? reader.ValueSpan : Encoding.UTF8.GetBytes(Text(ref reader, "a member's name"));

    /// <summary>As <see cref="PropertyName"/>, as a string.</summary>
    public static string PropertyText(ref Utf8JsonReader reader, string what) => Text(ref reader, $"{what}: a member's name");

    public static void ExpectObject(ref Utf8JsonReader reader, string what) => Expect(ref reader, JsonTokenType.StartObject, what, "an object");

    public static void ExpectArray(ref Utf8JsonReader reader, string what) => Expect(ref reader, JsonTokenType.StartArray, what, "an array");

    public static string ReadString(ref Utf8JsonReader reader, string what)
    {
        Next(ref reader);
        return StringValue(ref reader, what);
    }

    /// <summary>As <see cref="ReadString"/>; null, which some servers write for what they do not say, is null.</summary>
    public static string? ReadStringOrNull(ref Utf8JsonReader reader, string what)
    {
        Next(ref reader);
        return reader.TokenType == JsonTokenType.Null ? null : StringValue(ref reader, what);
    }

    public static string StringValue(ref Utf8JsonReader reader, string what)
    {
        Expect(ref reader, JsonTokenType.String, what, "a string");
        return Text(ref reader, what);
    }

    public static bool ReadBool(ref Utf8JsonReader reader, string what)
    {
        Next(ref reader);
        return reader.TokenType switch
        {
            JsonTokenType.True => true,
            JsonTokenType.False => false,
            _ => throw Unexpected(ref reader, what, "true or false"),
        };
    }

    /// <summary>An array of strings; null is an empty one.</summary>
    public static List<string> ReadStrings(ref Utf8JsonReader reader, string what)
    {
        List<string> strings = [];
        Next(ref reader);
        if (reader.TokenType == JsonTokenType.Null)
        {
            return strings;
        }

        ExpectArray(ref reader, what);
        for (Next(ref reader); reader.TokenType != JsonTokenType.EndArray; Next(ref reader))
        {
            strings.Add(StringValue(ref reader, what));
        }

        return strings;
    }

    public static void WriteStrings(Utf8JsonWriter json, ReadOnlySpan<byte> member, IReadOnlyList<string> strings)
    {
        json.WriteStartArray(member);
        foreach (var text in strings)
        {
            json.WriteStringValue(text);
        }

        json.WriteEndArray();
    }

    public static DataType ReadDataType(ref Utf8JsonReader reader, string what)
    {
        var name = ReadString(ref reader, $"{what}: datatype");
        return DataTypes.TryParse(name, out var dataType)
            ? dataType
            : throw new ProtocolException($"{what}: datatype '{Clip(name)}' is unknown, expected one of {DataTypes.AllNames}");
    }

    /// <summary>Reads an array of dimensions; which values are right, the caller checks.</summary>
    public static long[] ReadShape(ref Utf8JsonReader reader, string what, CodecLimits limits)
    {
        Next(ref reader);
        ExpectArray(ref reader, $"{what}: shape");
        Span<long> dimensions = stackalloc long[Math.Clamp(limits.MaxRank, 0, 256)];
        var rank = 0;
        for (Next(ref reader); reader.TokenType != JsonTokenType.EndArray; Next(ref reader))
        {
            if (rank == dimensions.Length)
            {
                throw new ProtocolException($"{what}: shape has more than {dimensions.Length} dimensions, expected at most that many");
            }

            if (reader.TokenType != JsonTokenType.Number || !reader.TryGetInt64(out dimensions[rank]))
            {
                throw Unexpected(ref reader, $"{what}: dimension {rank} of shape", "an integer");
            }

            rank++;
        }

        return dimensions[..rank].ToArray();
    }

    public static ProtocolException Unexpected(ref Utf8JsonReader reader, string what, string expected) =>
        new($"{what}: expected {expected} but got {Excerpt(ref reader)}");

    /// <summary>The value the reader stands on as messages show it, shortened.</summary>
    public static string Excerpt(ref Utf8JsonReader reader)
    {
        switch (reader.TokenType)
        {
            case JsonTokenType.StartObject: return "an object";
            case JsonTokenType.StartArray: return "an array";
            case JsonTokenType.EndArray: return "the end of an array";
            case JsonTokenType.True: return "true";
            case JsonTokenType.False: return "false";
            case JsonTokenType.Null: return "null";
            default: break;
        }

        var raw = reader.HasValueSequence ? reader.ValueSequence.Slice(0, Math.Min(reader.ValueSequence.Length, ExcerptLength + 1)).ToArray() : reader.ValueSpan;
        var isLong = raw.Length > ExcerptLength;
        var text = Encoding.UTF8.GetString(raw[..Math.Min(raw.Length, ExcerptLength)]) + (isLong ? "..." : "");
        return reader.TokenType == JsonTokenType.String ? $"\"{text}\"" : text;
    }

    /// <summary>A sender's text for a message, shortened.</summary>
    public static string Clip(string text) => text.Length <= ExcerptLength ? text : string.Create(CultureInfo.InvariantCulture, $"{text.AsSpan(0, ExcerptLength)}...");

    private static void Expect(ref Utf8JsonReader reader, JsonTokenType type, string what, string expected)
    {
        if (reader.TokenType != type)
        {
            throw Unexpected(ref reader, what, expected);
        }
    }

    private static string Text(ref Utf8JsonReader reader, string what)
    {
        try
        {
            return reader.GetString()!;
        }
        catch (InvalidOperationException e)
        {
            // The reader's word for invalid UTF-8 and for \u escapes of half a surrogate pair.
            throw new ProtocolException($"{what}: not valid UTF-8", e);
        }
    }
}
