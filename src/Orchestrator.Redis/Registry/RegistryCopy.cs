using System.Text.Json;
using Orchestrator.Core;
using Orchestrator.Core.Json;
using Orchestrator.Core.Registry;

namespace Orchestrator.Redis.Registry;

/// <summary>What the registry last said, in a file of this machine: a Redis that comes back empty is filled from it. First line: format and the registry's id; then the snapshot as JSON.</summary>
internal sealed class RegistryCopy(string path)
{
    private const string Heading = "orchestrator-registry-copy 1 ";

    /// <summary>Null: there is no copy.</summary>
    /// <exception cref="RegistryException">It cannot be read.</exception>
    public StoredRegistry? Load()
    {
        try
        {
            if (!File.Exists(path))
            {
                return null;
            }

            var text = File.ReadAllText(path);
            var end = text.IndexOf('\n', StringComparison.Ordinal);
            return end > Heading.Length && text.StartsWith(Heading, StringComparison.Ordinal)
                ? new StoredRegistry(text[Heading.Length..end], JsonSerializer.Deserialize<RegistrySnapshot>(text[(end + 1)..], LenientCoreJson.Options)!)
                : throw new JsonException("it does not begin as one");
        }
        catch (Exception e) when (e is JsonException or IOException or UnauthorizedAccessException)
        {
            throw new RegistryException($"{path}: the copy of the registry cannot be read: {e.Message} Remove it if Redis has the registry; else restore it from a backup.", e);
        }
    }

    /// <summary>Replaces the copy as a whole; it is on the disk when this returns.</summary>
    /// <exception cref="RegistryException">It cannot be written; the old one stays.</exception>
    public void Save(StoredRegistry registry)
    {
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            var next = path + ".new";
            var open = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write };
            if (!OperatingSystem.IsWindows())
            {
                // Specs may hold secrets in their environment.
                open.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
            }

            using (var file = new FileStream(next, open))
            {
                using var writer = new StreamWriter(file, leaveOpen: true);
                writer.Write($"{Heading}{registry.Id}\n{JsonSerializer.Serialize(registry.Snapshot, CoreJson.Default.RegistrySnapshot)}");
                writer.Flush();
                file.Flush(flushToDisk: true);
            }

            File.Move(next, path, overwrite: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new RegistryException($"{path}: the copy of the registry cannot be written: {FileMistake.Describe(e)}. Free space or correct the folder's rights.", e);
        }
    }
}
