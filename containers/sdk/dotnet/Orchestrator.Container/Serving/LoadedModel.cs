using System.Runtime.InteropServices;
using System.Text.Json;
using Orchestrator.Protocol;

namespace Orchestrator.Container;

/// <summary>A model after loading: signature checked, metadata written once.</summary>
internal sealed record LoadedModel(IModel Model, ModelSignature Signature, ReadOnlyMemory<byte> Metadata)
{
    public static LoadedModel From(IModel model, ContainerDefinition definition, ContainerSettings settings)
    {
        var signature = model.Signature;
        signature.Validate();
        return new LoadedModel(model, signature, WriteMetadata(signature, definition, settings));
    }

    private static byte[] WriteMetadata(ModelSignature signature, ContainerDefinition definition, ContainerSettings settings)
    {
        using var json = new PooledBuffer(1024);
        using (var writer = new Utf8JsonWriter(json))
        {
            writer.WriteStartObject();
            writer.WriteString("name", settings.Model);
            writer.WriteStartArray("versions");
            writer.WriteStringValue(settings.Version);
            writer.WriteEndArray();
            writer.WriteString("platform", definition.Platform);
            WriteTensors(writer, "inputs", signature.Inputs);
            WriteTensors(writer, "outputs", signature.Outputs);
            WriteProperties(writer, signature, settings);
            writer.WriteEndObject();
        }

        return json.Written.ToArray();
    }

    private static void WriteTensors(Utf8JsonWriter writer, string name, IReadOnlyList<TensorMetadata> tensors)
    {
        writer.WriteStartArray(name);
        foreach (var tensor in tensors)
        {
            writer.WriteStartObject();
            writer.WriteString("name", tensor.Name);
            writer.WriteString("datatype", tensor.DataType.ToName());
            writer.WriteStartArray("shape");
            foreach (var dimension in tensor.Shape)
            {
                writer.WriteNumberValue(dimension);
            }

            writer.WriteEndArray();
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }

    private static void WriteProperties(Utf8JsonWriter writer, ModelSignature signature, ContainerSettings settings)
    {
        writer.WriteStartObject("properties");
        writer.WriteString("concurrency", $"{settings.Concurrency}");
        if (signature.MaxBatchSize is { } most)
        {
            writer.WriteString("max_batch_size", $"{most}");
        }

        writer.WriteString("framework", signature.Framework ?? RuntimeInformation.FrameworkDescription);
        if (signature.Warnings.Count > 0)
        {
            writer.WriteString("warnings", string.Join('\n', signature.Warnings));
        }

        if (signature.OptionalInputs.Count > 0)
        {
            writer.WriteString("optional_inputs", string.Join(',', signature.OptionalInputs));
        }

        writer.WriteEndObject();
    }
}
