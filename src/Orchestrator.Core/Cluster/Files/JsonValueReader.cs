using System.Text;
using System.Text.Json;

namespace Orchestrator.Core.Cluster.Files;

/// <summary>Turns a node of any form into JSON: default outputs and the options of frameworks.</summary>
internal static class JsonValueReader
{
    /// <summary>The value; null (and reported) if it has no JSON form.</summary>
    public static JsonElement? Read(ReadingContext context, ConfigNode node, string path, string specPath)
    {
        using var buffer = new MemoryStream();
        using (var writer = new Utf8JsonWriter(buffer))
        {
            var errors = context.Errors.Count;
            Write(writer, context, node, path);
            if (context.Errors.Count > errors)
            {
                context.Unread.Add(specPath);
                return null;
            }
        }

        using var document = JsonDocument.Parse(Encoding.UTF8.GetString(buffer.GetBuffer(), 0, (int)buffer.Length), new JsonDocumentOptions { MaxDepth = 128 });
        return document.RootElement.Clone();
    }

    private static void Write(Utf8JsonWriter writer, ReadingContext context, ConfigNode node, string path)
    {
        switch (node)
        {
            case ConfigMap map:
                writer.WriteStartObject();
                foreach (var (key, value) in map.Entries)
                {
                    writer.WritePropertyName(key.Text);
                    Write(writer, context, value, $"{path}.{key.Text}");
                }

                writer.WriteEndObject();
                break;
            case ConfigList list:
                writer.WriteStartArray();
                for (var i = 0; i < list.Items.Count; i++)
                {
                    Write(writer, context, list.Items[i], $"{path}[{i}]");
                }

                writer.WriteEndArray();
                break;
            default:
                WriteScalar(writer, context, (ConfigScalar)node, path);
                break;
        }
    }

    private static void WriteScalar(Utf8JsonWriter writer, ReadingContext context, ConfigScalar scalar, string path)
    {
        var expanded = new ConfigScalar(scalar.Line, scalar.Column, context.Expand(scalar, path, path), scalar.IsPlain);
        var json = YamlNumbers.ToJson(expanded);
        if (json is null)
        {
            context.Report(path, scalar.Line, scalar.Column, $"{scalar.Text} has no JSON form; expected a finite number, or quotes around text.");
            json = "null";
        }

        writer.WriteRawValue(json);
    }
}
