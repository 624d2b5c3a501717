using System.Text.Json.Serialization.Metadata;
using Orchestrator.Core;
using Orchestrator.Core.Registry;
using Orchestrator.Storage.Files;

namespace Orchestrator.Storage.Registry;

/// <summary>One document on the disk, with the generation before it as <c>.bak</c>. Not thread-safe: the registry lets one write run at a time.</summary>
internal sealed class RegistryFile<T>(string folder, string kind, T empty, JsonTypeInfo<T> type, string lossIfRemoved)
{
    private readonly string _path = Path.Combine(folder, kind + ".json");
    private byte[]? _bytes;

    private string BackupPath => _path + ".bak";

    /// <summary>The content of the newest readable generation; <see cref="Revision"/> 0 and the empty content if there never was one.</summary>
    public T Content { get; private set; } = empty;

    public long Revision { get; private set; }

    /// <summary>Reads the newest generation.</summary>
    /// <returns>A warning if it was damaged and the one before it took its place; else null.</returns>
    /// <exception cref="RegistryException">No generation can be read, or a newer program wrote it.</exception>
    public string? Load()
    {
        DeleteLeftover();
        var problem = TryLoad(_path);
        if (problem is null || (problem == Missing && !File.Exists(BackupPath)))
        {
            return null;
        }

        var backupProblem = TryLoad(BackupPath);
        if (backupProblem is not null)
        {
            throw new RegistryException(
                $"{_path}: {problem}; and its previous generation {BackupPath}: {backupProblem}. "
                + $"Restore one of them from a backup, or remove both to start without them ({lossIfRemoved}).");
        }

        SetAside();
        return $"{_path}: {problem}. Its previous generation (revision {Revision}) took its place; what was written last is lost: check it and apply again.";
    }

    /// <summary>Makes <paramref name="content"/> the newest generation; durable when this returns.</summary>
    /// <exception cref="RegistryException">It cannot be written; the old generation stays.</exception>
    public void Store(long revision, T content)
    {
        try
        {
            var bytes = RegistryDocument.Write(kind, revision, content, type);
            if (_bytes is not null)
            {
                DurableFiles.Replace(BackupPath, _bytes);
            }

            DurableFiles.Replace(_path, bytes);
            _bytes = bytes;
            Revision = revision;
            Content = content;
        }
        catch (RegistryDocumentException e)
        {
            throw new RegistryException($"{_path}: this {kind} state is not stored, for it could not be read again: {e.Message}.", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new RegistryException($"{_path}: cannot be written, revision {Revision} stays: {FileMistake.Describe(e)}. Free space or correct the folder's rights, then try again.", e);
        }
    }

    private const string Missing = "it is missing";

    private string? TryLoad(string path)
    {
        try
        {
            if (!File.Exists(path))
            {
                return Missing;
            }

            var bytes = File.ReadAllBytes(path);
            (Revision, Content) = RegistryDocument.Read(bytes, kind, type);
            _bytes = bytes;
            return null;
        }
        catch (RegistryDocumentException e) when (!e.IsNewer)
        {
            return e.Message;
        }
        catch (RegistryDocumentException e)
        {
            throw new RegistryException($"{path}: {e.Message}, or give this one another folder.", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new RegistryException($"{path}: cannot be read: {e.Message} Correct the folder's rights or its disk.", e);
        }
    }

    /// <summary>Keeps the damaged file for whoever wants to know what happened; the next write would replace it.</summary>
    private void SetAside()
    {
        if (File.Exists(_path))
        {
            File.Move(_path, _path + ".damaged", overwrite: true);
        }

        DurableFiles.Replace(_path, _bytes);
    }

    private void DeleteLeftover()
    {
        File.Delete(_path + DurableFiles.TemporaryEnding);
        File.Delete(BackupPath + DurableFiles.TemporaryEnding);
    }
}
