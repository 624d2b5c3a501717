using System.Text.Json;
using System.Text.Json.Serialization;
using Orchestrator.Core.Admin;
using Orchestrator.Core.Cluster;
using Orchestrator.Core.Registry;

namespace Orchestrator.Core.Json;

/// <summary>The one JSON form of specs, status and admin messages: camelCase, durations as <see cref="Durations"/> writes them, nulls left out, unknown members refused.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    UseStringEnumConverter = true,
    RespectNullableAnnotations = true,
    Converters = [typeof(DurationConverter)])]
[JsonSerializable(typeof(ClusterSpec))]
[JsonSerializable(typeof(RegistrySnapshot))]
[JsonSerializable(typeof(ClusterStatus))]
[JsonSerializable(typeof(ClusterEvent))]
[JsonSerializable(typeof(ApplyResult))]
[JsonSerializable(typeof(UploadResult))]
[JsonSerializable(typeof(DeployRequest))]
[JsonSerializable(typeof(RollbackRequest))]
[JsonSerializable(typeof(ScaleRequest))]
[JsonSerializable(typeof(BuildImageRequest))]
[JsonSerializable(typeof(BuildImageMessage))]
[JsonSerializable(typeof(Orchestrator.Core.Images.BuiltImage))]
[JsonSerializable(typeof(WriteFeaturesRequest))]
[JsonSerializable(typeof(WriteFeaturesResult))]
[JsonSerializable(typeof(FeatureRecordStatus))]
[JsonSerializable(typeof(AdminError))]
[JsonSerializable(typeof(IReadOnlyList<string>))]
[JsonSerializable(typeof(IReadOnlyList<ModelStatus>))]
[JsonSerializable(typeof(IReadOnlyList<ApplicationStatus>))]
[JsonSerializable(typeof(IReadOnlyList<Orchestrator.Core.Serving.ReplicaReport>))]
[JsonSerializable(typeof(Orchestrator.Core.Serving.MeasuredProfile))]
[JsonSerializable(typeof(Orchestrator.Core.Serving.ServingSnapshot))]
[JsonSerializable(typeof(Orchestrator.Core.Serving.FrontendReport))]
public sealed partial class CoreJson : JsonSerializerContext;

/// <summary>Writes a duration as text with a unit.</summary>
public sealed class DurationConverter : JsonConverter<TimeSpan>
{
    /// <inheritdoc/>
    public override TimeSpan Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        reader.TokenType == JsonTokenType.String && Durations.TryParse(reader.GetString(), out var value)
            ? value
            : throw new JsonException($"Expected {Durations.Expected} as a string.");

    /// <inheritdoc/>
    public override void Write(Utf8JsonWriter writer, TimeSpan value, JsonSerializerOptions options) => writer.WriteStringValue(Durations.Format(value));
}
