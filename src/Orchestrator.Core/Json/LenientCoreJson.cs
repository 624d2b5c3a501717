using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;

namespace Orchestrator.Core.Json;

/// <summary>
/// <see cref="CoreJson"/> for reading JSON that may leave members out (written by people, or by an older version): they keep the defaults of their specs. The generated
/// metadata cannot: it sets every init-only member in one object initializer, so one that is absent becomes 0 or null (<c>replicas</c>, <c>batching</c>, ...).
/// </summary>
public static class LenientCoreJson
{
    /// <summary>The same form as <see cref="CoreJson"/>: unknown members, and nulls where none may be, are refused.</summary>
    public static JsonSerializerOptions Options { get; } = Create();

    private static JsonSerializerOptions Create()
    {
        var options = new JsonSerializerOptions(CoreJson.Default.Options) { TypeInfoResolver = new DefaultJsonTypeInfoResolver() };
        options.Converters.Add(new JsonStringEnumConverter());
        options.MakeReadOnly();
        return options;
    }
}
