using System.Text.Json;
using System.Text.Json.Serialization;

namespace Orchestrator.Core.Runtime;

/// <summary>Reads one <c>container.json</c>.</summary>
public static class ContainerManifestReader
{
    /// <summary>Name of the file in a container's folder.</summary>
    public const string FileName = "container.json";

    // A member with a typing mistake is refused, not ignored. Not generated metadata: that sets absent init-only members to null instead of leaving their defaults.
    private static readonly JsonSerializerOptions Form = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        ReadCommentHandling = JsonCommentHandling.Skip,
        RespectNullableAnnotations = true,
    };

    /// <exception cref="ContainerManifestException">It is missing, is no JSON, has an unknown or no required member, or names another framework than its folder.</exception>
    public static ContainerManifest Read(string path)
    {
        var folder = Path.GetDirectoryName(Path.GetFullPath(path))!;
        ContainerManifest? manifest;
        try
        {
            using var file = File.OpenRead(path);
            manifest = JsonSerializer.Deserialize<ContainerManifest>(file, Form);
        }
        catch (JsonException e)
        {
            throw new ContainerManifestException($"{path}:{e.LineNumber + 1}: {e.Message} Expected members: framework, command, environment, requires, setup, project.", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new ContainerManifestException($"{path}: cannot be read: {e.Message}", e);
        }

        var problem = FindProblem(manifest, Path.GetFileName(folder));
        return problem is null ? manifest! with { Folder = folder } : throw new ContainerManifestException($"{path}: {problem}");
    }

    private static string? FindProblem(ContainerManifest? manifest, string folderName) => manifest switch
    {
        null => "is null; expected an object with framework and command.",
        { Framework: "" or null } => "framework is empty; expected the name of the folder.",
        { Framework: FrameworkCatalog.Custom } => $"framework '{FrameworkCatalog.Custom}' is reserved for versions that bring their own command.",
        _ when manifest.Framework != folderName => $"framework is '{manifest.Framework}' but the folder is '{folderName}'; they must be the same.",
        { Command: null or [] } => "command is empty; expected the program and its arguments.",
        { Project: { } project } when !IsInside(project) => $"project '{project}' must be a path inside the folder.",
        _ => null,
    };

    private static bool IsInside(string path) => !Path.IsPathRooted(path) && !path.Split('/').Contains("..");
}
