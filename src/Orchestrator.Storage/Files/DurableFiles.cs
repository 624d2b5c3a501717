using System.Runtime.InteropServices;

namespace Orchestrator.Storage.Files;

/// <summary>Writes that are whole and on the disk when they return, or did not happen: what a crash at any moment leaves behind is the old file or the new one.</summary>
internal static partial class DurableFiles
{
    private const int InvalidArgument = 22; // EINVAL: what file systems answer that cannot sync a folder
    private const int Interrupted = 4;

    /// <summary>Ending of files that are being written; one found at start belongs to a write that never was.</summary>
    public const string TemporaryEnding = ".tmp";

    /// <summary>Replaces a file by one with this content. The caller lets only one write per path run.</summary>
    /// <exception cref="IOException">Also <see cref="UnauthorizedAccessException"/>. The old file stays (or, if only the folder could not be synced, which of the two survives a power cut is open).</exception>
    public static void Replace(string path, ReadOnlySpan<byte> content)
    {
        var temporary = path + TemporaryEnding;
        try
        {
            using (var file = new FileStream(temporary, FileMode.Create, FileAccess.Write, FileShare.None, bufferSize: 0))
            {
                file.Write(content);
                // Without this the rename may reach the disk before the content: an empty file after a power cut.
                file.Flush(flushToDisk: true);
            }

            File.Move(temporary, path, overwrite: true);
        }
        catch
        {
            DeleteQuietly(temporary);
            throw;
        }

        SyncFolder(Path.GetDirectoryName(path)!);
    }

    /// <summary>Makes renames inside a folder survive a power cut.</summary>
    public static void SyncFolder(string folder)
    {
        if (OperatingSystem.IsWindows())
        {
            return; // NTFS journals its folders
        }

        var descriptor = Open(folder, 0);
        if (descriptor < 0)
        {
            throw new IOException($"{folder}: cannot be opened to make it durable: {Marshal.GetPInvokeErrorMessage(Marshal.GetLastPInvokeError())}");
        }

        try
        {
            while (Sync(descriptor) != 0)
            {
                var error = Marshal.GetLastPInvokeError();
                if (error == InvalidArgument)
                {
                    return;
                }

                if (error != Interrupted)
                {
                    throw new IOException($"{folder}: cannot be made durable: {Marshal.GetPInvokeErrorMessage(error)}");
                }
            }
        }
        finally
        {
            _ = Close(descriptor);
        }
    }

    /// <summary>For what is left of a failed write: the failure itself is what the caller reports, and the next start removes what stays.</summary>
    private static void DeleteQuietly(string path)
    {
        try
        {
            File.Delete(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
        }
    }

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static partial int Sync(int descriptor);

    [LibraryImport("libc", EntryPoint = "close", SetLastError = true)]
    private static partial int Close(int descriptor);
}
