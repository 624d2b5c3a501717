using System.Collections.Frozen;
using Orchestrator.Core.Cluster;

namespace Orchestrator.Core.Runtime;

/// <summary>The frameworks that can be served: one per folder with a manifest, and <c>custom</c>, which has none. Immutable.</summary>
public sealed class FrameworkCatalog
{
    /// <summary>The framework whose command stands in the version's spec.</summary>
    public const string Custom = "custom";

    private readonly FrozenDictionary<string, ContainerManifest> _manifests;

    /// <summary>A catalogue of the given manifests.</summary>
    public FrameworkCatalog(IEnumerable<ContainerManifest> manifests)
    {
        _manifests = manifests.ToFrozenDictionary(m => m.Framework, StringComparer.Ordinal);
        Names = [.. _manifests.Keys.Append(Custom).Order(StringComparer.Ordinal)];
    }

    /// <summary>The folder it was loaded from, with the SDKs beside the frameworks; null for a catalogue made otherwise.</summary>
    public string? Folder { get; private init; }

    /// <summary>Every value that <c>framework:</c> may have, in order.</summary>
    public IReadOnlyList<string> Names { get; }

    /// <summary>Reads <c>{containersFolder}/*/container.json</c>; folders without one (the SDKs) are passed over.</summary>
    /// <exception cref="ContainerManifestException">The folder is missing or has no manifest, or manifests are wrong: all of them are named.</exception>
    public static FrameworkCatalog Load(string containersFolder)
    {
        if (!Directory.Exists(containersFolder))
        {
            throw new ContainerManifestException($"{containersFolder}: no such folder; expected the folder that holds the containers, one per framework.");
        }

        var manifests = new List<ContainerManifest>();
        var problems = new List<string>();
        foreach (var folder in Directory.EnumerateDirectories(containersFolder).Order(StringComparer.Ordinal))
        {
            var path = Path.Combine(folder, ContainerManifestReader.FileName);
            if (!File.Exists(path))
            {
                continue;
            }

            try
            {
                manifests.Add(ContainerManifestReader.Read(path));
            }
            catch (ContainerManifestException e)
            {
                problems.Add(e.Message);
            }
        }

        if (problems.Count > 0)
        {
            throw new ContainerManifestException(string.Join(System.Environment.NewLine, problems));
        }

        return manifests.Count > 0
            ? new FrameworkCatalog(manifests) { Folder = Path.GetFullPath(containersFolder) }
            : throw new ContainerManifestException($"{containersFolder}: no */{ContainerManifestReader.FileName} in it; expected one per framework.");
    }

    /// <summary>The folder of the containers that ship with the orchestrator: <c>containers</c> beside an executable when installed, in the repository above it during development.</summary>
    /// <param name="start">The executable's folder.</param>
    /// <returns>Null: none. A folder that happens to be called so does not count without a manifest in it.</returns>
    public static string? FindFolder(string start)
    {
        for (var folder = new DirectoryInfo(start); folder is not null; folder = folder.Parent)
        {
            var candidate = Path.Combine(folder.FullName, "containers");
            if (Directory.Exists(candidate) && Directory.EnumerateDirectories(candidate).Any(d => File.Exists(Path.Combine(d, ContainerManifestReader.FileName))))
            {
                return candidate;
            }
        }

        return null;
    }

    /// <summary>The manifest of a framework; null for <c>custom</c> and for unknown ones.</summary>
    public ContainerManifest? Find(string framework) => _manifests.GetValueOrDefault(framework);

    /// <summary>The manifest of a framework.</summary>
    /// <exception cref="ContainerStartException">There is none; the message lists what exists.</exception>
    public ContainerManifest Require(string framework) =>
        Find(framework) ?? throw new ContainerStartException(
            $"There is no container for framework '{framework}'{Suggestion.For(framework, Names)}. Known: {string.Join(", ", Names)}.");
}
