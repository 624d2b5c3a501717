using System.Text.Json;

namespace Orchestrator.Protocol;

/// <summary>Reads <c>parameters</c> objects, whose values are strings, numbers and bools.</summary>
internal static class ParameterReader
{
    /// <summary>Reads the parameters the reader stands before into a dictionary.</summary>
    /// <param name="reader">On the property name <c>parameters</c>; left on the last token.</param>
    /// <param name="what">For messages.</param>
    /// <param name="isStrict">False, for answers of foreign servers, which put objects and nulls there too: such values are passed over.</param>
    public static IReadOnlyDictionary<string, JsonElement> Read(ref Utf8JsonReader reader, string what, bool isStrict)
    {
        WireJson.Next(ref reader);
        if (reader.TokenType == JsonTokenType.Null)
        {
            return InferRequest.NoParameters;
        }

        WireJson.ExpectObject(ref reader, what);
        Dictionary<string, JsonElement>? parameters = null;
        for (WireJson.Next(ref reader); reader.TokenType != JsonTokenType.EndObject; WireJson.Next(ref reader))
        {
            var name = WireJson.PropertyText(ref reader, what);
            WireJson.Next(ref reader);
            if (!IsScalar(ref reader, what, name, isStrict))
            {
                WireJson.Skip(ref reader);
                continue;
            }

            parameters ??= [];
            if (!parameters.TryAdd(name, Value(ref reader, $"{what}: '{WireJson.Clip(name)}'")))
            {
                throw new ProtocolException($"{what}: '{WireJson.Clip(name)}' is given twice");
            }
        }

        return parameters ?? InferRequest.NoParameters;
    }

    /// <summary>Reads the parameters of one tensor or output: the one that is wanted; others are only checked.</summary>
    public static JsonElement? ReadOne(ref Utf8JsonReader reader, ReadOnlySpan<byte> wanted, string what, bool isStrict)
    {
        WireJson.Next(ref reader);
        if (reader.TokenType == JsonTokenType.Null)
        {
            return null;
        }

        WireJson.ExpectObject(ref reader, what);
        JsonElement? found = null;
        for (WireJson.Next(ref reader); reader.TokenType != JsonTokenType.EndObject; WireJson.Next(ref reader))
        {
            var isWanted = WireJson.PropertyName(ref reader).SequenceEqual(wanted);
            var name = isStrict || isWanted ? WireJson.PropertyText(ref reader, what) : "";
            WireJson.Next(ref reader);
            if (!IsScalar(ref reader, what, name, isStrict || isWanted) || !isWanted)
            {
                WireJson.Skip(ref reader);
                continue;
            }

            if (found is not null)
            {
                throw new ProtocolException($"{what}: '{name}' is given twice");
            }

            found = Value(ref reader, $"{what}: '{name}'");
        }

        return found;
    }

    private static JsonElement Value(ref Utf8JsonReader reader, string what)
    {
        if (reader.TokenType == JsonTokenType.String)
        {
            // An element keeps its bytes unseen and throws something else once its text is asked for: look now.
            WireJson.StringValue(ref reader, what);
        }

        return JsonElement.ParseValue(ref reader);
    }

    private static bool IsScalar(ref Utf8JsonReader reader, string what, string name, bool isStrict)
    {
        if (reader.TokenType is JsonTokenType.String or JsonTokenType.Number or JsonTokenType.True or JsonTokenType.False)
        {
            return true;
        }

        return isStrict
            ? throw WireJson.Unexpected(ref reader, $"{what}: '{WireJson.Clip(name)}'", "a string, a number, true or false")
            : false;
    }
}
