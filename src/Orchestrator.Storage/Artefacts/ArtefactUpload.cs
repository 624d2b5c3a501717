using System.Buffers;
using System.Formats.Tar;
using System.Security.Cryptography;
using Orchestrator.Core.Artefacts;
using Orchestrator.Storage.Files;

namespace Orchestrator.Storage.Artefacts;

/// <summary>One artefact on its way in: its files lie in a folder of their own until the store takes it over; disposed before, nothing of it stays.</summary>
internal sealed class ArtefactUpload : IDisposable
{
    private const int BufferBytes = 128 * 1024;

    private readonly ArtefactStoreOptions _limits;
    private readonly List<(string Path, byte[] ContentHash)> _files = [];
    private readonly HashSet<string> _folders = new(StringComparer.Ordinal);

    public ArtefactUpload(string folder, ArtefactStoreOptions limits)
    {
        _limits = limits;
        Folder = folder;
        Directory.CreateDirectory(Path.Combine(folder, StoredArtefact.FilesFolder));
    }

    /// <summary>Becomes the artefact's folder in the store.</summary>
    public string Folder { get; }

    /// <summary>Bytes received so far.</summary>
    public long Bytes { get; private set; }

    /// <summary>Receives a single file.</summary>
    /// <returns>Its digest.</returns>
    public async Task<string> ReceiveFileAsync(string name, Stream content, CancellationToken cancellationToken)
    {
        var hash = await WriteAsync(Path.Combine(Folder, StoredArtefact.FilesFolder, name), content, cancellationToken);
        return ArtefactDigest.OfFile(name, hash);
    }

    /// <summary>Receives a folder as a tar archive.</summary>
    /// <returns>Its digest.</returns>
    public async Task<string> ReceiveFolderAsync(string name, Stream tar, CancellationToken cancellationToken)
    {
        var root = Path.Combine(Folder, StoredArtefact.FilesFolder, name);
        Directory.CreateDirectory(root);
        _folders.Add(root);
        try
        {
            await using var reader = new TarReader(tar, leaveOpen: true);
            var entries = 0;
            while (await reader.GetNextEntryAsync(copyData: false, cancellationToken) is { } entry)
            {
                if (++entries > _limits.MaxFiles)
                {
                    throw new ArtefactStoreException($"The archive has more than {_limits.MaxFiles} entries. Pack the folder's small files together, or raise the limit.");
                }

                await ReceiveEntryAsync(root, entry, cancellationToken);
            }
        }
        catch (Exception e) when (e is InvalidDataException or EndOfStreamException or FormatException or OverflowException or NotSupportedException or ArgumentException)
        {
            throw new ArtefactStoreException($"The archive of '{name}' cannot be read as tar: {e.Message}", e);
        }

        if (_files.Count == 0)
        {
            throw new ArtefactStoreException($"The archive of '{name}' holds no file.");
        }

        return ArtefactDigest.OfFolder(_files);
    }

    /// <summary>Makes what was received durable and read-only. The artefact's own folder stays writable, else it could not be renamed into its place.</summary>
    public void Seal()
    {
        foreach (var folder in _folders.OrderByDescending(f => f.Length))
        {
            DurableFiles.SyncFolder(folder);
            ReadOnlyFiles.Protect(folder, isFolder: true);
        }

        DurableFiles.SyncFolder(Path.Combine(Folder, StoredArtefact.FilesFolder));
        DurableFiles.SyncFolder(Folder);
    }

    public void Dispose() => ReadOnlyFiles.DeleteFolder(Folder);

    private async Task ReceiveEntryAsync(string root, TarEntry entry, CancellationToken cancellationToken)
    {
        switch (entry.EntryType)
        {
            case TarEntryType.GlobalExtendedAttributes:
                return;
            case TarEntryType.Directory:
                // Made only for the files in them: an empty folder is not part of the digest, so it must not be part of the artefact.
                ArtefactNames.SplitPath(entry.Name);
                return;
            case TarEntryType.RegularFile or TarEntryType.V7RegularFile or TarEntryType.ContiguousFile:
                break;
            default:
                throw new ArtefactStoreException(
                    $"Archive entry '{entry.Name}' is a {entry.EntryType}; only regular files and folders are taken. Replace links by what they point to (tar --dereference).");
        }

        var segments = ArtefactNames.SplitPath(entry.Name);
        var relative = string.Join('/', segments);
        var path = Path.Combine([root, .. segments]);
        if (segments.Length == 0 || File.Exists(path) || Directory.Exists(path) || !TryMakeFolders(root, segments))
        {
            throw new ArtefactStoreException($"Archive entry '{entry.Name}' appears twice, or as a file and as a folder.");
        }

        _files.Add((relative, await WriteAsync(path, entry.DataStream ?? Stream.Null, cancellationToken)));
    }

    private bool TryMakeFolders(string root, string[] segments)
    {
        var folder = root;
        foreach (var segment in segments[..^1])
        {
            folder = Path.Combine(folder, segment);
            if (!_folders.Add(folder))
            {
                continue;
            }

            if (File.Exists(folder))
            {
                return false;
            }

            Directory.CreateDirectory(folder);
        }

        return true;
    }

    private async Task<byte[]> WriteAsync(string path, Stream content, CancellationToken cancellationToken)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var buffer = ArrayPool<byte>.Shared.Rent(BufferBytes);
        try
        {
            await using var file = new FileStream(path, FileMode.CreateNew, FileAccess.Write, FileShare.None, bufferSize: 0, useAsync: true);
            int read;
            while ((read = await content.ReadAsync(buffer, cancellationToken)) > 0)
            {
                Bytes += read;
                if (Bytes > _limits.MaxBytes)
                {
                    throw new ArtefactStoreException($"The artefact is larger than {_limits.MaxBytes} bytes, the limit of this store. Make it smaller, or raise the limit.");
                }

                hash.AppendData(buffer, 0, read);
                await file.WriteAsync(buffer.AsMemory(0, read), cancellationToken);
            }

            file.Flush(flushToDisk: true);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }

        ReadOnlyFiles.Protect(path, isFolder: false);
        return hash.GetHashAndReset();
    }
}
