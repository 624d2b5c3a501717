namespace Orchestrator.Core.Artefacts;

/// <summary>
/// Content-addressed store of artefacts (port): a digest always names the same bytes. A folder's digest covers the relative paths and bytes of its files, in ordinal order of path.
/// </summary>
public interface IArtefactStore
{
    /// <summary>Stores one file.</summary>
    /// <param name="fileName">The name a container sees (its ending tells frameworks what it is); no folders in it.</param>
    /// <param name="content">Read to its end; stays the caller's.</param>
    /// <param name="cancellationToken">A cancelled upload leaves nothing behind.</param>
    /// <returns>The artefact's digest (<c>sha256:...</c>), over name and bytes.</returns>
    /// <exception cref="ArtefactStoreException">Cannot be stored (disk full, bad name).</exception>
    Task<string> PutFileAsync(string fileName, Stream content, CancellationToken cancellationToken);

    /// <summary>Stores a folder sent as a tar archive (regular files and folders only; no links, no absolute paths, no <c>..</c>).</summary>
    /// <exception cref="ArtefactStoreException">As above, or the archive holds what is not allowed.</exception>
    Task<string> PutFolderAsync(string folderName, Stream tar, CancellationToken cancellationToken);

    /// <summary>Where the artefact lies for a container to read; null if it is not in the store. The path is read-only and stays valid while the store exists.</summary>
    string? FindPath(string digest);

    /// <summary>Size in bytes and number of files; null if unknown.</summary>
    ArtefactInfo? Describe(string digest);

    /// <summary>Removes every artefact that is not in <paramref name="referenced"/> and was stored before <paramref name="olderThan"/>.</summary>
    /// <returns>How many were removed.</returns>
    Task<int> RemoveUnreferencedAsync(IReadOnlySet<string> referenced, DateTimeOffset olderThan, CancellationToken cancellationToken);
}

/// <summary>What is known of a stored artefact.</summary>
/// <param name="Digest"><c>sha256:</c> and 64 hex digits.</param>
/// <param name="Name">File or folder name.</param>
/// <param name="IsFolder">Whether it is a folder.</param>
/// <param name="Bytes">Sum of its files' sizes.</param>
public sealed record ArtefactInfo(string Digest, string Name, bool IsFolder, long Bytes);

/// <summary>An artefact cannot be stored or read; the message says which, why and what to do.</summary>
public sealed class ArtefactStoreException : Exception
{
    /// <inheritdoc/>
    public ArtefactStoreException(string message, Exception? innerException = null) : base(message, innerException) { }
}
