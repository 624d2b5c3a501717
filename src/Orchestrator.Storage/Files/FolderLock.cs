using System.Globalization;
using Orchestrator.Core.Registry;

namespace Orchestrator.Storage.Files;

/// <summary>Keeps a second process off a folder for as long as it is held. The kernel releases it with the process, however that ends, so none is ever stale.</summary>
internal sealed class FolderLock : IDisposable
{
    /// <summary>It is never deleted: a process that had opened the deleted one would hold a lock that nobody sees.</summary>
    private const string FileName = RegistryLock.FileName;

    /// <summary>For messages only; beside the locked file, for that cannot be read while it is locked.</summary>
    private const string HolderFileName = RegistryLock.HolderFileName;

    private readonly FileStream _file;

    private FolderLock(FileStream file) => _file = file;

    /// <summary>The lock, or null with the holder's process id (null if not known) when another process or object holds it.</summary>
    /// <exception cref="IOException">Also <see cref="UnauthorizedAccessException"/>: the folder cannot be written.</exception>
    public static FolderLock? TryTake(string folder, out int? holder)
    {
        var path = Path.Combine(folder, FileName);
        FileStream file;
        try
        {
            // FileShare.None is flock(LOCK_EX | LOCK_NB) here; descriptors are closed on exec, so child processes do not hold it on.
            file = new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, bufferSize: 0);
        }
        catch (IOException e) when (File.Exists(path) && e is not (DirectoryNotFoundException or PathTooLongException))
        {
            holder = ReadHolder(folder);
            return null;
        }

        try
        {
            File.WriteAllText(Path.Combine(folder, HolderFileName), Environment.ProcessId.ToString(CultureInfo.InvariantCulture));
        }
        catch
        {
            file.Dispose();
            throw;
        }

        holder = null;
        return new FolderLock(file);
    }

    private static int? ReadHolder(string folder)
    {
        try
        {
            return int.TryParse(File.ReadAllText(Path.Combine(folder, HolderFileName)), NumberStyles.None, CultureInfo.InvariantCulture, out var pid) ? pid : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null; // the message does without it
        }
    }

    public void Dispose() => _file.Dispose();
}
