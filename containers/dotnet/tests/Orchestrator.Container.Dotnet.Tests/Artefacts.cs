using System.Text.Json;
using Microsoft.Extensions.Logging.Abstractions;

namespace Orchestrator.Container.Dotnet.Tests;

/// <summary>Where the built fixtures and the repository's samples are.</summary>
internal static class Artefacts
{
    /// <summary>artifacts/bin/{project}/{configuration}, beside the tests' own.</summary>
    public static string Of(string project)
    {
        var own = new DirectoryInfo(AppContext.BaseDirectory.TrimEnd(Path.DirectorySeparatorChar));
        return Path.Combine(own.Parent!.Parent!.FullName, project, own.Name);
    }

    public static string Repository(string path)
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "Orchestrator.sln")))
        {
            folder = folder.Parent ?? throw new InvalidOperationException("no folder above the tests has Orchestrator.sln");
        }

        return Path.Combine(folder.FullName, path);
    }

    public static ModelContext Context(string? artefact, string options = "{}") => new()
    {
        Model = "m",
        Version = "1",
        Artefact = artefact,
        Options = new ModelOptions(JsonElement.Parse(options)),
        Logger = NullLogger.Instance,
        Time = TimeProvider.System,
    };
}
