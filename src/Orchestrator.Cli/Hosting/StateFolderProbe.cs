using System.Globalization;
using Orchestrator.Core.Registry;

namespace Orchestrator.Cli.Hosting;

/// <summary>Looks whether an orchestrator uses a state folder, without changing anything in it. Two that start in the same moment are told apart by the lock itself.</summary>
internal static class StateFolderProbe
{
    /// <exception cref="CliException">It is in use.</exception>
    public static void RequireFree(string folder)
    {
        var registry = Path.Combine(folder, RegistryLock.Folder);
        var path = Path.Combine(registry, RegistryLock.FileName);
        if (!File.Exists(path))
        {
            return;
        }

        try
        {
            // A shared lock, for a moment: refused while the exclusive one is held.
            using var looked = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0);
        }
        catch (UnauthorizedAccessException)
        {
            // Somebody else's folder: the orchestrator says so better.
        }
        catch (IOException) when (File.Exists(path))
        {
            throw new CliException(
                ExitCodes.Failed,
                $"{folder}: is in use by another orchestrator{Holder(registry)}. If you mean that one, use it: orch status, orch apply -f FILE (--admin names its port); else give this one another folder with --state, or stop that one first.");
        }
    }

    private static string Holder(string registry)
    {
        try
        {
            return int.TryParse(File.ReadAllText(Path.Combine(registry, RegistryLock.HolderFileName)), NumberStyles.None, CultureInfo.InvariantCulture, out var pid) ? $" (process {pid})" : "";
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }
}
