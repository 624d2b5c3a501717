using System.Formats.Tar;
using System.Text;
using Orchestrator.Core.Images;

namespace Orchestrator.Docker.Building;

/// <summary>Writes what a build takes as a tar archive. Equal content is an equal archive, whoever wrote it when: the engine finds its layers again.</summary>
internal static class BuildContext
{
    private const UnixFileMode FileMode = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead;
    private const UnixFileMode FolderMode = FileMode | UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;

    /// <exception cref="IOException">A file cannot be read, or nobody reads the archive any more.</exception>
    public static async Task WriteAsync(Stream destination, string dockerfile, ImageBuildSpec spec, CancellationToken cancellationToken)
    {
        await using var tar = new TarWriter(destination, TarEntryFormat.Pax, leaveOpen: true);
        await WriteTextAsync(tar, "Dockerfile", dockerfile, cancellationToken);
        if (spec.Requirements is { } requirements)
        {
            await WriteTextAsync(tar, DockerfileWriter.RequirementsFile, requirements, cancellationToken);
            await WriteTextAsync(tar, DockerfileWriter.InstallFile, DockerfileWriter.Install.ReplaceLineEndings("\n"), cancellationToken);
        }

        if (spec.ArtefactPath is { } path)
        {
            await WriteFolderAsync(tar, DockerfileWriter.ArtefactFolder, cancellationToken);
            await WriteArtefactAsync(tar, path, cancellationToken);
        }
    }

    private static async Task WriteArtefactAsync(TarWriter tar, string path, CancellationToken cancellationToken)
    {
        var root = $"{DockerfileWriter.ArtefactFolder}/{Path.GetFileName(path)}";
        if (File.Exists(path))
        {
            await WriteFileAsync(tar, root, path, cancellationToken);
            return;
        }

        await WriteFolderAsync(tar, root, cancellationToken);
        foreach (var entry in new DirectoryInfo(path).EnumerateFileSystemInfos("*", SearchOption.AllDirectories).OrderBy(e => e.FullName, StringComparer.Ordinal))
        {
            var name = $"{root}/{Path.GetRelativePath(path, entry.FullName).Replace('\\', '/')}";
            await (entry is FileInfo ? WriteFileAsync(tar, name, entry.FullName, cancellationToken) : WriteFolderAsync(tar, name, cancellationToken));
        }
    }

    private static async Task WriteTextAsync(TarWriter tar, string name, string text, CancellationToken cancellationToken)
    {
        using var content = new MemoryStream(Encoding.UTF8.GetBytes(text));
        await WriteAsync(tar, name, content, cancellationToken);
    }

    private static async Task WriteFileAsync(TarWriter tar, string name, string path, CancellationToken cancellationToken)
    {
        await using var content = new FileStream(path, new FileStreamOptions { Options = FileOptions.Asynchronous | FileOptions.SequentialScan, BufferSize = 0 });
        await WriteAsync(tar, name, content, cancellationToken);
    }

    private static async Task WriteAsync(TarWriter tar, string name, Stream content, CancellationToken cancellationToken)
    {
        var entry = Entry(TarEntryType.RegularFile, name, FileMode);
        entry.DataStream = content;
        await tar.WriteEntryAsync(entry, cancellationToken);
    }

    private static Task WriteFolderAsync(TarWriter tar, string name, CancellationToken cancellationToken) =>
        tar.WriteEntryAsync(Entry(TarEntryType.Directory, name + "/", FolderMode), cancellationToken);

    private static PaxTarEntry Entry(TarEntryType type, string name, UnixFileMode mode) => new(type, name) { Mode = mode, ModificationTime = DateTimeOffset.UnixEpoch };
}
