using System.Buffers;
using System.Text.Json;

namespace Orchestrator.Protocol;

/// <summary>Reads and writes server metadata (<c>GET /v2</c>). Version and extensions may be absent or null, unknown members are passed over.</summary>
public static class ServerMetadataCodec
{
    /// <summary>Reads metadata.</summary>
    /// <exception cref="ProtocolException">It is no metadata; the message says where and what was expected.</exception>
    public static ServerMetadata Read(ReadOnlySpan<byte> json, CodecLimits limits)
    {
        ArgumentNullException.ThrowIfNull(limits);
        var reader = new Utf8JsonReader(json, WireJson.Options(limits));
        try
        {
            var metadata = Read(ref reader);
            reader.Read();
            return metadata;
        }
        catch (JsonException e)
        {
            throw WireJson.Invalid(e);
        }
    }

    /// <summary>Writes metadata.</summary>
    public static void Write(IBufferWriter<byte> writer, ServerMetadata metadata)
    {
        ArgumentNullException.ThrowIfNull(metadata);
        using var json = new Utf8JsonWriter(writer, WireJson.WriterOptions);
        json.WriteStartObject();
        json.WriteString("name"u8, metadata.Name);
        json.WriteString("version"u8, metadata.Version);
        WireJson.WriteStrings(json, "extensions"u8, metadata.Extensions);
        json.WriteEndObject();
        json.Flush();
    }

    private static ServerMetadata Read(ref Utf8JsonReader reader)
    {
        string? name = null, version = null;
        List<string> extensions = [];
        WireJson.Next(ref reader);
        WireJson.ExpectObject(ref reader, "server metadata");
        for (WireJson.Next(ref reader); reader.TokenType != JsonTokenType.EndObject; WireJson.Next(ref reader))
        {
            switch (WireJson.PropertyText(ref reader, "server metadata"))
            {
                case "name": name = WireJson.ReadStringOrNull(ref reader, "name"); break;
                case "version": version = WireJson.ReadStringOrNull(ref reader, "version"); break;
                case "extensions": extensions = WireJson.ReadStrings(ref reader, "extensions"); break;
                default: WireJson.SkipValue(ref reader); break;
            }
        }

        return new ServerMetadata(name ?? throw new ProtocolException("server metadata: name is missing"), version ?? "", extensions);
    }
}
