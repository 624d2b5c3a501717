using System.Text.Json;
using System.Text.Json.Serialization;
using Orchestrator.Core.Json;

namespace Orchestrator.Cli.Admin;

/// <summary>Reads what the admin API answers: members that an older one does not know keep their defaults, those of a newer one are passed over.</summary>
internal static class AdminJson
{
    public static JsonSerializerOptions Options { get; } = new(LenientCoreJson.Options) { UnmappedMemberHandling = JsonUnmappedMemberHandling.Skip };
}
