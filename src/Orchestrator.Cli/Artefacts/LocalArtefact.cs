using System.Formats.Tar;
using System.Security.Cryptography;
using Orchestrator.Core;
using Orchestrator.Core.Artefacts;

namespace Orchestrator.Cli.Artefacts;

/// <summary>A file or folder on this machine that becomes a version's artefact. What tools leave beside the content is not part of it.</summary>
internal sealed class LocalArtefact
{
    private const int BufferBytes = 128 * 1024;
    private static readonly HashSet<string> Skipped = new(StringComparer.Ordinal) { "__pycache__", ".git", ".ipynb_checkpoints", ".DS_Store" };

    private readonly IReadOnlyList<(string Relative, FileInfo File)> _files;

    private LocalArtefact(string name, bool isFolder, IReadOnlyList<(string Relative, FileInfo File)> files)
    {
        Name = name;
        IsFolder = isFolder;
        _files = files;
        Bytes = files.Sum(f => f.File.Length);
    }

    /// <summary>What a container sees.</summary>
    public string Name { get; }

    public bool IsFolder { get; }

    /// <summary>Sum of the files' sizes.</summary>
    public long Bytes { get; }

    /// <exception cref="CliException">Nothing there, an empty folder, or a link in it.</exception>
    public static LocalArtefact Find(string path)
    {
        var full = Path.GetFullPath(path);
        if (File.Exists(full))
        {
            return new LocalArtefact(Path.GetFileName(full), isFolder: false, [(Path.GetFileName(full), new FileInfo(full))]);
        }

        if (!Directory.Exists(full))
        {
            throw new CliException(ExitCodes.Invalid, $"{path}: no such file or folder{(path == full ? "" : $", looked for at {full}")}; expected the model's file or folder.");
        }

        var files = List(new DirectoryInfo(full), "").OrderBy(f => f.Relative, StringComparer.Ordinal).ToList();
        return files.Count > 0
            ? new LocalArtefact(Path.GetFileName(Path.TrimEndingDirectorySeparator(full)), isFolder: true, files)
            : throw new CliException(ExitCodes.Invalid, $"{path}: holds no file.");
    }

    /// <summary>The name the store will give it.</summary>
    public async Task<string> DigestAsync(CancellationToken stop)
    {
        var hashes = new List<(string, byte[])>();
        foreach (var (relative, file) in _files)
        {
            await using var content = Open(file);
            hashes.Add((relative, await SHA256.HashDataAsync(content, stop)));
        }

        return IsFolder ? ArtefactDigest.OfFolder(hashes) : ArtefactDigest.OfFile(Name, hashes[0].Item2);
    }

    /// <summary>Writes the file, or the folder as tar: always in the same order and without dates, so equal folders are equal archives.</summary>
    public async Task WriteAsync(Stream destination, CancellationToken stop)
    {
        if (!IsFolder)
        {
            await using var content = Open(_files[0].File);
            await content.CopyToAsync(destination, BufferBytes, stop);
            return;
        }

        await using var tar = new TarWriter(destination, TarEntryFormat.Pax, leaveOpen: true);
        foreach (var (relative, file) in _files)
        {
            await using var content = Open(file);
            await tar.WriteEntryAsync(
                new PaxTarEntry(TarEntryType.RegularFile, relative)
                {
                    DataStream = content,
                    ModificationTime = DateTimeOffset.UnixEpoch,
                    Mode = UnixFileMode.UserRead | UnixFileMode.GroupRead | UnixFileMode.OtherRead,
                },
                stop);
        }
    }

    private static IEnumerable<(string Relative, FileInfo File)> List(DirectoryInfo folder, string prefix)
    {
        foreach (var entry in folder.EnumerateFileSystemInfos().Where(e => !Skipped.Contains(e.Name)))
        {
            if (entry.LinkTarget is not null)
            {
                throw new CliException(ExitCodes.Invalid, $"{entry.FullName}: is a link; an artefact holds regular files and folders only. Replace it by what it points to.");
            }

            if (entry is FileInfo file)
            {
                yield return (prefix + file.Name, file);
                continue;
            }

            foreach (var inner in List((DirectoryInfo)entry, $"{prefix}{entry.Name}/"))
            {
                yield return inner;
            }
        }
    }

    private static FileStream Open(FileInfo file)
    {
        try
        {
            return new FileStream(file.FullName, new FileStreamOptions { Options = FileOptions.Asynchronous | FileOptions.SequentialScan, BufferSize = 0 });
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CliException(ExitCodes.Failed, $"{file.FullName}: cannot be read: {FileMistake.Describe(e)}.", innerException: e);
        }
    }
}
