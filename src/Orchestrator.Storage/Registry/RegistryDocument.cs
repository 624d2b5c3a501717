using System.Buffers;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Orchestrator.Storage.Registry;

/// <summary>One file of the registry: <c>{"schemaVersion":1,"kind":"desired","revision":7,"checksum":"...","content":{...}}</c>.</summary>
internal static class RegistryDocument
{
    /// <summary>The version this program writes, and the newest it reads.</summary>
    public const int SchemaVersion = 1;

    /// <summary>The bytes of a document. What they say can be read again: else this throws, and nothing unreadable is ever stored.</summary>
    /// <exception cref="RegistryDocumentException">The content has no readable JSON form.</exception>
    public static byte[] Write<T>(string kind, long revision, T content, JsonTypeInfo<T> type)
    {
        var raw = JsonSerializer.Serialize(content, type);
        var buffer = new ArrayBufferWriter<byte>(raw.Length + 256);
        using (var writer = new Utf8JsonWriter(buffer))
        {
            writer.WriteStartObject();
            writer.WriteNumber("schemaVersion", SchemaVersion);
            writer.WriteString("kind", kind);
            writer.WriteNumber("revision", revision);
            writer.WriteString("checksum", Checksum(kind, revision, raw));
            writer.WritePropertyName("content");
            writer.WriteRawValue(raw);
            writer.WriteEndObject();
        }

        var bytes = buffer.WrittenSpan.ToArray();
        Read(bytes, kind, type);
        return bytes;
    }

    /// <summary>What a document says.</summary>
    /// <exception cref="RegistryDocumentException">It is torn, foreign, or from a newer program.</exception>
    public static (long Revision, T Content) Read<T>(ReadOnlyMemory<byte> bytes, string kind, JsonTypeInfo<T> type)
    {
        try
        {
            using var document = JsonDocument.Parse(bytes, new JsonDocumentOptions { MaxDepth = 256 });
            var root = document.RootElement;
            var version = root.ValueKind == JsonValueKind.Object && root.TryGetProperty("schemaVersion", out var v) && v.TryGetInt32(out var number) ? number : 0;
            if (version > SchemaVersion)
            {
                throw new RegistryDocumentException(
                    $"it has schema version {version} and this program reads up to {SchemaVersion}. Start the newer orchestrator that wrote it", isNewer: true);
            }

            if (version < 1 || root.GetProperty("kind").GetString() != kind)
            {
                throw new RegistryDocumentException($"it is no registry document of kind '{kind}'");
            }

            var revision = root.GetProperty("revision").GetInt64();
            var raw = root.GetProperty("content").GetRawText();
            if (root.GetProperty("checksum").GetString() != Checksum(kind, revision, raw))
            {
                throw new RegistryDocumentException("its checksum does not fit its content: it was damaged, or edited by hand");
            }

            return (revision, JsonSerializer.Deserialize(raw, type) ?? throw new RegistryDocumentException("its content is null"));
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or KeyNotFoundException or FormatException)
        {
            throw new RegistryDocumentException($"it cannot be read as one: {e.Message}", innerException: e);
        }
    }

    private static string Checksum(string kind, long revision, string raw) =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{SchemaVersion}\n{kind}\n{revision}\n{raw}"))));
}

/// <summary>A document is not what was expected; the message continues a sentence that names the file.</summary>
internal sealed class RegistryDocumentException(string message, bool isNewer = false, Exception? innerException = null) : Exception(message, innerException)
{
    /// <summary>Whether a newer program wrote it: then an older generation must not silently take its place.</summary>
    public bool IsNewer { get; } = isNewer;
}
