using System.Text.Json;
using System.Text.Json.Serialization;
using Orchestrator.Core.Artefacts;
using Orchestrator.Storage.Files;

namespace Orchestrator.Storage.Artefacts;

/// <summary><c>meta.json</c> of an artefact's folder, beside <c>files/</c>.</summary>
internal sealed record StoredArtefact(int SchemaVersion, string Digest, string Name, bool IsFolder, long Bytes, DateTimeOffset StoredAt)
{
    public const string FilesFolder = "files";

    public const int CurrentSchemaVersion = 1;

    private const string FileName = "meta.json";

    public void WriteTo(string folder) =>
        DurableFiles.Replace(Path.Combine(folder, FileName), JsonSerializer.SerializeToUtf8Bytes(this, StoredArtefactJson.Default.StoredArtefact));

    /// <summary>What a folder of the store holds.</summary>
    /// <exception cref="ArtefactStoreException">It cannot be read, or is not what its name says.</exception>
    public static StoredArtefact ReadFrom(string folder)
    {
        var path = Path.Combine(folder, FileName);
        try
        {
            var artefact = JsonSerializer.Deserialize(File.ReadAllBytes(path), StoredArtefactJson.Default.StoredArtefact);
            return artefact is { SchemaVersion: CurrentSchemaVersion } && artefact.Digest == ArtefactDigest.Prefix + Path.GetFileName(folder)
                ? artefact
                : throw new ArtefactStoreException($"{path}: schema version {artefact?.SchemaVersion} or digest {artefact?.Digest} is not what was expected.");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or JsonException)
        {
            throw new ArtefactStoreException($"{path}: cannot be read: {e.Message}", e);
        }
    }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, RespectRequiredConstructorParameters = true, RespectNullableAnnotations = true)]
[JsonSerializable(typeof(StoredArtefact))]
internal sealed partial class StoredArtefactJson : JsonSerializerContext;
