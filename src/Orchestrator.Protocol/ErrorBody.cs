using System.Buffers;
using System.Text.Json;

namespace Orchestrator.Protocol;

/// <summary>The protocol's error: <c>{"error":"text"}</c>.</summary>
public static class ErrorBody
{
    /// <summary>Writes it.</summary>
    public static void Write(IBufferWriter<byte> writer, string error)
    {
        using var json = new Utf8JsonWriter(writer, WireJson.WriterOptions);
        json.WriteStartObject();
        json.WriteString("error"u8, error);
        json.WriteEndObject();
        json.Flush();
    }

    /// <summary>The error's text, or null if the body is no such error (a proxy's page, an empty body): never throws.</summary>
    public static string? TryRead(ReadOnlySpan<byte> body)
    {
        var reader = new Utf8JsonReader(body);
        try
        {
            return Read(ref reader);
        }
        catch (JsonException)
        {
            return null;
        }
        catch (ProtocolException)
        {
            return null;
        }
    }

    private static string? Read(ref Utf8JsonReader reader)
    {
        string? error = null;
        WireJson.Next(ref reader);
        WireJson.ExpectObject(ref reader, "the error");
        for (WireJson.Next(ref reader); reader.TokenType != JsonTokenType.EndObject; WireJson.Next(ref reader))
        {
            if (WireJson.PropertyName(ref reader).SequenceEqual("error"u8))
            {
                error = WireJson.ReadString(ref reader, "error");
            }
            else
            {
                WireJson.SkipValue(ref reader);
            }
        }

        reader.Read();
        return error;
    }
}
