using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Orchestrator.Core;
using Orchestrator.Core.Artefacts;
using Orchestrator.Storage.Files;

namespace Orchestrator.Storage.Artefacts;

/// <summary>
/// Artefacts in a folder: <c>sha256/{hex}/files/{name}</c> beside <c>sha256/{hex}/meta.json</c>. An upload is written under <c>incoming/</c> and renamed into its place
/// once it is whole and on the disk, so what can be found is complete. One process per folder (the registry's lock sees to that); thread-safe.
/// </summary>
public sealed partial class DiskArtefactStore : IArtefactStore
{
    private readonly string _incoming;
    private readonly string _artefacts;
    private readonly ArtefactStoreOptions _limits;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly ConcurrentDictionary<string, StoredArtefact> _known = new(StringComparer.Ordinal);

    // Held across renames, against rule: what is serialised is the rename itself (one winner per digest), a few system calls and never the content.
    private readonly Lock _committing = new();

    private DiskArtefactStore(string root, ArtefactStoreOptions limits, TimeProvider time, ILogger logger)
    {
        _incoming = Path.Combine(root, "incoming");
        _artefacts = Path.Combine(root, "sha256");
        _limits = limits;
        _time = time;
        _logger = logger;
    }

    /// <summary>Opens the store in a folder, which is made if it is missing; removes what interrupted uploads left.</summary>
    /// <exception cref="ArtefactStoreException">The folder cannot be used.</exception>
    public static DiskArtefactStore Open(string root, ArtefactStoreOptions limits, TimeProvider time, ILogger<DiskArtefactStore> logger)
    {
        var store = new DiskArtefactStore(Path.GetFullPath(root), limits, time, logger);
        try
        {
            store.Load();
            return store;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new ArtefactStoreException($"{root}: cannot be used as the artefact store's folder: {e.Message}", e);
        }
    }

    /// <inheritdoc/>
    public Task<string> PutFileAsync(string fileName, Stream content, CancellationToken cancellationToken) =>
        PutAsync(fileName, isFolder: false, upload => upload.ReceiveFileAsync(fileName, content, cancellationToken));

    /// <inheritdoc/>
    public Task<string> PutFolderAsync(string folderName, Stream tar, CancellationToken cancellationToken) =>
        PutAsync(folderName, isFolder: true, upload => upload.ReceiveFolderAsync(folderName, tar, cancellationToken));

    /// <inheritdoc/>
    public string? FindPath(string digest)
    {
        if (!_known.TryGetValue(digest, out var artefact))
        {
            return null;
        }

        var path = ContentPath(artefact);
        return File.Exists(path) || Directory.Exists(path) ? path : null;
    }

    /// <inheritdoc/>
    public ArtefactInfo? Describe(string digest) =>
        _known.TryGetValue(digest, out var artefact) ? new ArtefactInfo(artefact.Digest, artefact.Name, artefact.IsFolder, artefact.Bytes) : null;

    /// <inheritdoc/>
    public Task<int> RemoveUnreferencedAsync(IReadOnlySet<string> referenced, DateTimeOffset olderThan, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(referenced);
        return Task.Run(
            () =>
            {
                var removed = 0;
                foreach (var artefact in _known.Values.Where(a => !referenced.Contains(a.Digest)))
                {
                    cancellationToken.ThrowIfCancellationRequested();
                    removed += TryRemove(artefact.Digest, olderThan) ? 1 : 0;
                }

                return removed;
            },
            cancellationToken);
    }

    private async Task<string> PutAsync(string name, bool isFolder, Func<ArtefactUpload, Task<string>> receive)
    {
        ArtefactNames.CheckName(name, isFolder ? "The folder's name" : "The file's name");
        try
        {
            using var upload = new ArtefactUpload(Path.Combine(_incoming, Guid.NewGuid().ToString("n")), _limits);
            var digest = await receive(upload);
            var artefact = new StoredArtefact(StoredArtefact.CurrentSchemaVersion, digest, name, isFolder, upload.Bytes, _time.GetUtcNow());
            artefact.WriteTo(upload.Folder);
            upload.Seal();
            Commit(upload.Folder, artefact);
            return digest;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new ArtefactStoreException($"'{name}' cannot be stored in {_artefacts}: {FileMistake.Describe(e)}. Free space or correct the folder's rights, then send it again.", e);
        }
    }

    private void Commit(string folder, StoredArtefact artefact)
    {
        lock (_committing)
        {
            var target = FolderOf(artefact.Digest);
            if (FindPath(artefact.Digest) is not null)
            {
                // The same content is here already. Its age begins anew: whoever sent it is about to refer to it.
                var renewed = _known[artefact.Digest] with { StoredAt = artefact.StoredAt };
                renewed.WriteTo(target);
                _known[artefact.Digest] = renewed;
                return;
            }

            MoveAway(target); // a damaged one is replaced
            Directory.Move(folder, target);
            DurableFiles.SyncFolder(_artefacts);
            _known[artefact.Digest] = artefact;
        }

        Log.Stored(_logger, artefact.Name, artefact.Digest, artefact.Bytes);
    }

    private bool TryRemove(string digest, DateTimeOffset olderThan)
    {
        lock (_committing)
        {
            if (!_known.TryGetValue(digest, out var artefact) || artefact.StoredAt >= olderThan)
            {
                return false;
            }

            try
            {
                MoveAway(FolderOf(digest));
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                Log.NotRemoved(_logger, digest, e);
                return false;
            }

            _known.TryRemove(digest, out _);
        }

        Log.Removed(_logger, digest);
        return true;
    }

    /// <summary>Renames before it deletes: an artefact is there as a whole or not at all, also after a crash in between.</summary>
    private void MoveAway(string folder)
    {
        if (!Directory.Exists(folder))
        {
            return;
        }

        var doomed = Path.Combine(_incoming, Guid.NewGuid().ToString("n"));
        Directory.Move(folder, doomed);
        ReadOnlyFiles.DeleteFolder(doomed);
    }

    private void Load()
    {
        Directory.CreateDirectory(_artefacts);
        ReadOnlyFiles.DeleteFolder(_incoming);
        Directory.CreateDirectory(_incoming);
        foreach (var folder in Directory.EnumerateDirectories(_artefacts))
        {
            try
            {
                var artefact = StoredArtefact.ReadFrom(folder);
                _known[artefact.Digest] = artefact;
            }
            catch (ArtefactStoreException e)
            {
                Log.Unreadable(_logger, folder, e);
            }
        }
    }

    private string FolderOf(string digest) => Path.Combine(_artefacts, digest[ArtefactDigest.Prefix.Length..]);

    private string ContentPath(StoredArtefact artefact) => Path.Combine(FolderOf(artefact.Digest), StoredArtefact.FilesFolder, artefact.Name);

    private static partial class Log
    {
        [LoggerMessage(5101, LogLevel.Information, "Artefact {Name} stored as {Digest}, {Bytes} bytes", EventName = "ArtefactStored")]
        public static partial void Stored(ILogger logger, string name, string digest, long bytes);

        [LoggerMessage(5102, LogLevel.Information, "Artefact {Digest} removed: nothing refers to it", EventName = "ArtefactRemoved")]
        public static partial void Removed(ILogger logger, string digest);

        [LoggerMessage(5103, LogLevel.Warning, "Artefact {Digest} cannot be removed", EventName = "ArtefactNotRemoved")]
        public static partial void NotRemoved(ILogger logger, string digest, Exception exception);

        [LoggerMessage(5104, LogLevel.Warning, "{Folder} is no readable artefact and is passed over; deploy it again", EventName = "ArtefactUnreadable")]
        public static partial void Unreadable(ILogger logger, string folder, Exception exception);
    }
}
