using Microsoft.Extensions.Logging;

namespace Orchestrator.Container;

/// <summary>What a model is loaded with.</summary>
public sealed class ModelContext
{
    /// <summary>The name it serves under.</summary>
    public required string Model { get; init; }

    /// <summary>The version it serves.</summary>
    public required string Version { get; init; }

    /// <summary>Path of the artefact, a file or a folder; null if none was given. Never write into it.</summary>
    public string? Artefact { get; init; }

    /// <summary>The framework's own options.</summary>
    public required ModelOptions Options { get; init; }

    /// <summary>Threads that one batch may use. Default 1.</summary>
    public int Threads { get; init; } = 1;

    /// <summary>Batches that may be computed at the same time. Default 1.</summary>
    public int Concurrency { get; init; } = 1;

    /// <summary>Writes lines to standard error.</summary>
    public required ILogger Logger { get; init; }

    /// <summary>The clock.</summary>
    public required TimeProvider Time { get; init; }

    /// <summary>The artefact's path, for a model that cannot do without.</summary>
    /// <exception cref="ConfigurationException">None was given.</exception>
    public string RequireArtefact() =>
        Artefact ?? throw new ConfigurationException("ORCHESTRATOR_ARTEFACT is not set; expected the path of the model's file or folder");

    /// <summary>Path of a file inside the artefact folder (or beside the artefact, if that is a file).</summary>
    /// <param name="name">Relative path; from an option or a constant.</param>
    /// <exception cref="ConfigurationException">It leaves the folder or does not exist; the message lists what is there.</exception>
    public string ArtefactFile(string name)
    {
        var artefact = Path.GetFullPath(RequireArtefact());
        var folder = Directory.Exists(artefact) ? artefact : Path.GetDirectoryName(artefact)!;
        var path = Path.GetFullPath(Path.Combine(folder, name));
        if (!path.StartsWith(folder + Path.DirectorySeparatorChar, StringComparison.Ordinal))
        {
            throw new ConfigurationException($"'{name}' leaves the artefact; expected a file inside it");
        }

        if (File.Exists(path))
        {
            return path;
        }

        var there = Directory.EnumerateFiles(folder).Select(Path.GetFileName).Order(StringComparer.Ordinal).Take(20);
        throw new ConfigurationException($"the artefact has no file '{name}'; it has {string.Join(", ", there)}");
    }
}
