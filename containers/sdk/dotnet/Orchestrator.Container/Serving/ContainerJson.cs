using System.Text.Json;
using Orchestrator.Protocol;

namespace Orchestrator.Container;

/// <summary>Answers that never change while the process lives, as bytes.</summary>
internal static class ContainerJson
{
    public static byte[] Server(ContainerDefinition definition) => Write(writer =>
    {
        writer.WriteString("name", definition.Name);
        writer.WriteString("version", definition.Version);
        writer.WriteStartArray("extensions");
        writer.WriteStringValue(ContractNames.BinaryExtension);
        writer.WriteStringValue(ContractNames.ContainerExtension);
        writer.WriteEndArray();
    });

    public static byte[] ModelReady(string model, bool isReady) => Write(writer =>
    {
        writer.WriteString("name", model);
        writer.WriteBoolean("ready", isReady);
    });

    private static byte[] Write(Action<Utf8JsonWriter> members)
    {
        using var json = new PooledBuffer(256);
        using (var writer = new Utf8JsonWriter(json))
        {
            writer.WriteStartObject();
            members(writer);
            writer.WriteEndObject();
        }

        return json.Written.ToArray();
    }
}
