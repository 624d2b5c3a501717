namespace Orchestrator.Host.Options;

/// <summary>Finds the containers that ship with the orchestrator: installed beside the executable, or in the repository above it during development.</summary>
internal static class ContainersFolder
{
    private const string Name = "containers";

    /// <summary>The folder; if there is none, where it would be expected, so that the message about a framework says a useful path.</summary>
    public static string Find(string start)
    {
        for (var folder = new DirectoryInfo(start); folder is not null; folder = folder.Parent)
        {
            var candidate = Path.Combine(folder.FullName, Name);
            if (IsContainersFolder(candidate))
            {
                return candidate;
            }
        }

        return Path.Combine(start, Name);
    }

    // A folder that happens to be called so (a home directory may have one) does not count without a manifest in it.
    private static bool IsContainersFolder(string path) =>
        Directory.Exists(path) && Directory.EnumerateDirectories(path).Any(d => File.Exists(Path.Combine(d, "container.json")));
}
