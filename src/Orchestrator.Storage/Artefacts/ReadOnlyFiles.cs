namespace Orchestrator.Storage.Artefacts;

/// <summary>Takes the right to write from stored files, and removes what was so protected.</summary>
internal static class ReadOnlyFiles
{
    // Readable and executable for all: containers may run as another user, an artefact may be a program, and rights are not part of the digest.
    private const UnixFileMode ReadOnly = UnixFileMode.UserRead | UnixFileMode.UserExecute | UnixFileMode.GroupRead | UnixFileMode.GroupExecute
        | UnixFileMode.OtherRead | UnixFileMode.OtherExecute;

    public static void Protect(string path, bool isFolder)
    {
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(path, ReadOnly);
        }
        else if (!isFolder)
        {
            File.SetAttributes(path, FileAttributes.ReadOnly);
        }
    }

    /// <summary>Deletes a folder with protected ones in it; a missing one is no error.</summary>
    public static void DeleteFolder(string folder)
    {
        if (!Directory.Exists(folder))
        {
            return;
        }

        if (OperatingSystem.IsWindows())
        {
            foreach (var file in Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories))
            {
                File.SetAttributes(file, FileAttributes.Normal);
            }
        }
        else
        {
            foreach (var inner in Directory.EnumerateDirectories(folder, "*", SearchOption.AllDirectories))
            {
                File.SetUnixFileMode(inner, ReadOnly | UnixFileMode.UserWrite);
            }
        }

        Directory.Delete(folder, recursive: true);
    }
}
