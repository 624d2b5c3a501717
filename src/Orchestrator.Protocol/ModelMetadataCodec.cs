using System.Buffers;
using System.Text.Json;

namespace Orchestrator.Protocol;

/// <summary>
/// Reads and writes model metadata (<c>GET /v2/models/{m}</c>). Reading is lenient where servers differ: unknown members, and members that are absent or null,
/// are fine; only the name, and of each tensor name, datatype and shape, must be there.
/// </summary>
public static class ModelMetadataCodec
{
    /// <summary>Reads metadata.</summary>
    /// <exception cref="ProtocolException">It is no metadata, or a datatype is unknown; the message says where and what was expected.</exception>
    public static ModelMetadata Read(ReadOnlySpan<byte> json, CodecLimits limits)
    {
        ArgumentNullException.ThrowIfNull(limits);
        var reader = new Utf8JsonReader(json, WireJson.Options(limits));
        try
        {
            var metadata = Read(ref reader, limits);
            reader.Read();
            return metadata;
        }
        catch (JsonException e)
        {
            throw WireJson.Invalid(e);
        }
    }

    /// <summary>Writes metadata.</summary>
    public static void Write(IBufferWriter<byte> writer, ModelMetadata metadata)
    {
        ArgumentNullException.ThrowIfNull(metadata);
        using var json = new Utf8JsonWriter(writer, WireJson.WriterOptions);
        json.WriteStartObject();
        json.WriteString("name"u8, metadata.Name);
        WireJson.WriteStrings(json, "versions"u8, metadata.Versions);
        json.WriteString("platform"u8, metadata.Platform);
        WriteTensors(json, "inputs"u8, metadata.Inputs);
        WriteTensors(json, "outputs"u8, metadata.Outputs);
        if (metadata.Properties.Count > 0)
        {
            json.WriteStartObject("properties"u8);
            foreach (var (name, value) in metadata.Properties)
            {
                json.WriteString(name, value);
            }

            json.WriteEndObject();
        }

        json.WriteEndObject();
        json.Flush();
    }

    private static ModelMetadata Read(ref Utf8JsonReader reader, CodecLimits limits)
    {
        string? name = null, platform = null;
        List<string> versions = [];
        List<TensorMetadata> inputs = [], outputs = [];
        Dictionary<string, string> properties = [];
        WireJson.Next(ref reader);
        WireJson.ExpectObject(ref reader, "model metadata");
        for (WireJson.Next(ref reader); reader.TokenType != JsonTokenType.EndObject; WireJson.Next(ref reader))
        {
            switch (WireJson.PropertyText(ref reader, "model metadata"))
            {
                case "name": name = WireJson.ReadString(ref reader, "name"); break;
                case "platform": platform = WireJson.ReadStringOrNull(ref reader, "platform"); break;
                case "versions": versions = WireJson.ReadStrings(ref reader, "versions"); break;
                case "inputs": inputs = ReadTensors(ref reader, "input", limits); break;
                case "outputs": outputs = ReadTensors(ref reader, "output", limits); break;
                case "properties": properties = ReadProperties(ref reader); break;
                default: WireJson.SkipValue(ref reader); break;
            }
        }

        return new ModelMetadata
        {
            Name = name ?? throw new ProtocolException("model metadata: name is missing"),
            Versions = versions,
            Platform = platform ?? "",
            Inputs = inputs,
            Outputs = outputs,
            Properties = properties,
        };
    }

    private static List<TensorMetadata> ReadTensors(ref Utf8JsonReader reader, string kind, CodecLimits limits)
    {
        List<TensorMetadata> tensors = [];
        WireJson.Next(ref reader);
        if (reader.TokenType == JsonTokenType.Null)
        {
            return tensors;
        }

        WireJson.ExpectArray(ref reader, $"{kind}s");
        for (WireJson.Next(ref reader); reader.TokenType != JsonTokenType.EndArray; WireJson.Next(ref reader))
        {
            if (tensors.Count == limits.MaxTensors)
            {
                throw new ProtocolException($"{kind}s: more than {limits.MaxTensors}, expected at most that many");
            }

            tensors.Add(ReadTensor(ref reader, $"{kind} {tensors.Count}", limits));
        }

        var names = new HashSet<string>();
        foreach (var tensor in tensors)
        {
            if (!names.Add(tensor.Name))
            {
                throw new ProtocolException($"{kind} '{WireJson.Clip(tensor.Name)}' is given twice");
            }
        }

        return tensors;
    }

    private static TensorMetadata ReadTensor(ref Utf8JsonReader reader, string what, CodecLimits limits)
    {
        string? name = null;
        DataType? dataType = null;
        long[]? shape = null;
        WireJson.ExpectObject(ref reader, what);
        for (WireJson.Next(ref reader); reader.TokenType != JsonTokenType.EndObject; WireJson.Next(ref reader))
        {
            switch (WireJson.PropertyText(ref reader, what))
            {
                case "name":
                    name = WireJson.ReadString(ref reader, $"{what}: name");
                    what = $"{what} '{WireJson.Clip(name)}'";
                    break;
                case "datatype": dataType = WireJson.ReadDataType(ref reader, what); break;
                case "shape": shape = WireJson.ReadShape(ref reader, what, limits); break;
                default: WireJson.SkipValue(ref reader); break;
            }
        }

        if (name is null || dataType is null || shape is null)
        {
            throw new ProtocolException($"{what}: {(name is null ? "name" : dataType is null ? "datatype" : "shape")} is missing");
        }

        return shape.AsSpan().ContainsAnyInRange(long.MinValue, -2) || shape.AsSpan().ContainsAnyInRange(int.MaxValue + 1L, long.MaxValue)
            ? throw new ProtocolException($"{what}: shape {ShapeRules.ToText(shape)}: expected dimensions from 0 to {int.MaxValue}, or -1 for variable ones")
            : new TensorMetadata(name, dataType.Value, shape);
    }

    /// <summary>Strings; what others put there (numbers, bools) is taken as text, and what has no text is passed over.</summary>
    private static Dictionary<string, string> ReadProperties(ref Utf8JsonReader reader)
    {
        Dictionary<string, string> properties = [];
        WireJson.Next(ref reader);
        if (reader.TokenType == JsonTokenType.Null)
        {
            return properties;
        }

        WireJson.ExpectObject(ref reader, "properties");
        for (WireJson.Next(ref reader); reader.TokenType != JsonTokenType.EndObject; WireJson.Next(ref reader))
        {
            var name = WireJson.PropertyText(ref reader, "properties");
            WireJson.Next(ref reader);
            if (reader.TokenType == JsonTokenType.String)
            {
                properties[name] = WireJson.StringValue(ref reader, $"properties: '{WireJson.Clip(name)}'");
            }
            else if (reader.TokenType is JsonTokenType.Number or JsonTokenType.True or JsonTokenType.False)
            {
                properties[name] = System.Text.Encoding.UTF8.GetString(reader.ValueSpan);
            }

            WireJson.Skip(ref reader);
        }

        return properties;
    }

    private static void WriteTensors(Utf8JsonWriter json, ReadOnlySpan<byte> member, IReadOnlyList<TensorMetadata> tensors)
    {
        json.WriteStartArray(member);
        foreach (var tensor in tensors)
        {
            json.WriteStartObject();
            json.WriteString("name"u8, tensor.Name);
            json.WriteString("datatype"u8, tensor.DataType.ToName());
            json.WriteStartArray("shape"u8);
            foreach (var dimension in tensor.Shape)
            {
                json.WriteNumberValue(dimension);
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }
}
