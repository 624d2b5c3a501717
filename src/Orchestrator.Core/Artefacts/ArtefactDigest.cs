using System.Buffers;
using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace Orchestrator.Core.Artefacts;

/// <summary>
/// How artefacts are named, so that a client can ask whether one is stored before it sends it. A file: SHA-256 over <c>file</c>, its name and the SHA-256 of its bytes.
/// A folder: over <c>folder</c> and, in ordinal order of path, each file's relative path (with <c>/</c>) and the SHA-256 of its bytes; its own name, rights, dates and empty
/// folders do not count. Texts are UTF-8 behind their length in bytes (32-bit little-endian).
/// </summary>
public static class ArtefactDigest
{
    /// <summary>Begins every digest.</summary>
    public const string Prefix = "sha256:";

    private const int HexDigits = 64;

    private static readonly SearchValues<char> LowerHexDigits = SearchValues.Create("0123456789abcdef");

    /// <summary>Whether it is <c>sha256:</c> and 64 lower-case hex digits.</summary>
    public static bool IsValid(string? digest) =>
        digest is not null && digest.Length == Prefix.Length + HexDigits && digest.StartsWith(Prefix, StringComparison.Ordinal)
        && digest.AsSpan(Prefix.Length).IndexOfAnyExcept(LowerHexDigits) < 0;

    /// <summary>Digest of a file.</summary>
    public static string OfFile(string fileName, ReadOnlySpan<byte> contentHash)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Append(hash, "file");
        Append(hash, fileName);
        hash.AppendData(contentHash);
        return Finish(hash);
    }

    /// <summary>Digest of a folder.</summary>
    /// <param name="files">Relative path and SHA-256 of each file, in any order.</param>
    public static string OfFolder(IEnumerable<(string Path, byte[] ContentHash)> files)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Append(hash, "folder");
        foreach (var (path, contentHash) in files.OrderBy(f => f.Path, StringComparer.Ordinal))
        {
            Append(hash, path);
            hash.AppendData(contentHash);
        }

        return Finish(hash);
    }

    /// <summary>Digest of a file or folder on this machine.</summary>
    /// <exception cref="ArtefactStoreException">There is nothing at the path, it is an empty folder, or it holds links.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static async Task<string> ComputeAsync(string path, CancellationToken cancellationToken)
    {
        if (File.Exists(path))
        {
            return OfFile(Path.GetFileName(path), await HashAsync(path, cancellationToken));
        }

        if (!Directory.Exists(path))
        {
            throw new ArtefactStoreException($"{path}: no such file or folder.");
        }

        var files = new List<(string, byte[])>();
        foreach (var entry in new DirectoryInfo(path).EnumerateFileSystemInfos("*", SearchOption.AllDirectories))
        {
            if (entry.LinkTarget is not null)
            {
                throw new ArtefactStoreException($"{entry.FullName}: is a link; an artefact holds regular files and folders only. Replace it by what it points to.");
            }

            if (entry is FileInfo)
            {
                files.Add((Path.GetRelativePath(path, entry.FullName).Replace('\\', '/'), await HashAsync(entry.FullName, cancellationToken)));
            }
        }

        return files.Count > 0 ? OfFolder(files) : throw new ArtefactStoreException($"{path}: holds no file.");
    }

    private static async Task<byte[]> HashAsync(string path, CancellationToken cancellationToken)
    {
        await using var file = new FileStream(path, new FileStreamOptions { Options = FileOptions.Asynchronous | FileOptions.SequentialScan, BufferSize = 0 });
        return await SHA256.HashDataAsync(file, cancellationToken);
    }

    private static void Append(IncrementalHash hash, string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        Span<byte> length = stackalloc byte[sizeof(int)];
        BinaryPrimitives.WriteInt32LittleEndian(length, bytes.Length);
        hash.AppendData(length);
        hash.AppendData(bytes);
    }

    private static string Finish(IncrementalHash hash) => Prefix + Convert.ToHexStringLower(hash.GetHashAndReset());
}
