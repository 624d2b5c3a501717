using System.Text.Json.Serialization;

namespace Orchestrator.Docker.Engine;

/// <summary>The engine's messages. It names members as .NET does; what it does not say is null, what we do not say is left out.</summary>
[JsonSourceGenerationOptions(DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(EngineError))]
[JsonSerializable(typeof(EngineVersion))]
[JsonSerializable(typeof(EngineInfo))]
[JsonSerializable(typeof(EngineEvent))]
[JsonSerializable(typeof(CreateContainerRequest))]
[JsonSerializable(typeof(ContainerCreated))]
[JsonSerializable(typeof(IReadOnlyList<ContainerSummary>))]
[JsonSerializable(typeof(ContainerDetails))]
[JsonSerializable(typeof(ContainerStats))]
[JsonSerializable(typeof(ImageDetails))]
[JsonSerializable(typeof(ProgressMessage))]
[JsonSerializable(typeof(NetworkInfo))]
[JsonSerializable(typeof(Dictionary<string, string[]>))]
internal sealed partial class EngineJson : JsonSerializerContext;
