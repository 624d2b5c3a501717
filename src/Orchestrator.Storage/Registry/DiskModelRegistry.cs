using Microsoft.Extensions.Logging;
using Orchestrator.Core;
using Orchestrator.Core.Cluster;
using Orchestrator.Core.Json;
using Orchestrator.Core.Registry;
using Orchestrator.Storage.Files;

namespace Orchestrator.Storage.Registry;

/// <summary>
/// The registry in a folder: <c>desired.json</c> and <c>observed.json</c>, each replaced as a whole, with the generation before it beside it. Because the folder is
/// locked for the life of this object, what is in memory is the truth and reading never touches the disk. Thread-safe.
/// </summary>
public sealed partial class DiskModelRegistry : IModelRegistry, IDisposable
{
    private readonly FolderLock _lock;
    private readonly RegistryFile<ClusterSpec> _desired;
    private readonly RegistryFile<ObservedState> _observed;
    private readonly SemaphoreSlim _writing = new(1, 1);
    private readonly ChangeSignal _changed = new();
    private RegistrySnapshot _snapshot = RegistrySnapshot.Empty;
    private bool _disposed;

    private DiskModelRegistry(string folder, FolderLock folderLock)
    {
        _lock = folderLock;
        _desired = new(folder, "desired", ClusterSpec.Empty, CoreJson.Default.ClusterSpec, "the cluster is empty until the cluster file is applied again");
        _observed = new(folder, "observed", ObservedState.Empty, CoreJson.Default.ObservedState, "only where a rollback would go is forgotten");
    }

    /// <summary>What had to be recovered at the start, for people; usually empty.</summary>
    public IReadOnlyList<string> Warnings { get; private set; } = [];

    /// <summary>Opens the registry in a folder, which is made if it is missing (for this user alone: specs may hold secrets in their environment).</summary>
    /// <param name="folder">The registry's own folder, on a local disk.</param>
    /// <param name="logger">Hears of recoveries.</param>
    /// <exception cref="RegistryException">Another process holds it, it cannot be written, or what is in it cannot be read; the message says what to do.</exception>
    public static DiskModelRegistry Open(string folder, ILogger<DiskModelRegistry> logger)
    {
        folder = Path.GetFullPath(folder);
        var registry = new DiskModelRegistry(folder, TakeLock(folder));
        try
        {
            registry.Load(logger);
            return registry;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            registry.Dispose();
            throw new RegistryException($"{folder}: cannot be used as the registry's folder: {e.Message}", e);
        }
        catch
        {
            registry.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public ValueTask<RegistrySnapshot> ReadAsync(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        ObjectDisposedException.ThrowIf(_disposed, this);
        return ValueTask.FromResult(Volatile.Read(ref _snapshot));
    }

    /// <inheritdoc/>
    public async ValueTask<RegistrySnapshot?> TryWriteDesiredAsync(long expectedRevision, ClusterSpec desired, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(desired);
        RegistrySnapshot next;
        await _writing.WaitAsync(cancellationToken);
        try
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            if (_desired.Revision != expectedRevision)
            {
                return null;
            }

            // Not cancellable from here: the caller could not know whether the write happened.
            await Task.Run(() => _desired.Store(expectedRevision + 1, desired), CancellationToken.None);
            next = _snapshot with { Revision = expectedRevision + 1, Desired = desired };
            Volatile.Write(ref _snapshot, next);
        }
        finally
        {
            _writing.Release();
        }

        _changed.Notify();
        return next;
    }

    /// <inheritdoc/>
    public async ValueTask WriteObservedAsync(ObservedState observed, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(observed);
        await _writing.WaitAsync(cancellationToken);
        try
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            await Task.Run(() => _observed.Store(_observed.Revision + 1, observed), CancellationToken.None);
            Volatile.Write(ref _snapshot, _snapshot with { Observed = observed });
        }
        finally
        {
            _writing.Release();
        }
    }

    /// <inheritdoc/>
    public async Task WaitForChangeAsync(long revision, CancellationToken cancellationToken)
    {
        while (true)
        {
            // Taken before the read: a write between the two completes this task.
            var next = _changed.NextAsync();
            if (Volatile.Read(ref _snapshot).Revision > revision)
            {
                return;
            }

            await next.WaitAsync(cancellationToken);
        }
    }

    /// <summary>Waits for a write that is under way, then lets another process open the folder.</summary>
    public void Dispose()
    {
        _writing.Wait();
        _disposed = true;
        _lock.Dispose();
        _writing.Release();
    }

    private static FolderLock TakeLock(string folder)
    {
        try
        {
            if (OperatingSystem.IsWindows())
            {
                Directory.CreateDirectory(folder);
            }
            else
            {
                Directory.CreateDirectory(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
            }

            if (FolderLock.TryTake(folder, out var holder) is { } taken)
            {
                return taken;
            }

            throw new RegistryException(
                $"{folder}: is in use by another orchestrator{(holder is null ? "" : $" (process {holder})")}. Stop that one, or give this one another folder.");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new RegistryException($"{folder}: cannot be used as the registry's folder: {e.Message}", e);
        }
    }

    private void Load(ILogger logger)
    {
        List<string> warnings = [];
        foreach (var warning in new[] { _desired.Load(), _observed.Load() })
        {
            if (warning is not null)
            {
                warnings.Add(warning);
                Log.Recovered(logger, warning);
            }
        }

        Warnings = warnings;
        _snapshot = new RegistrySnapshot(_desired.Revision, _desired.Content, _observed.Content);
        Log.Opened(logger, _desired.Revision);
    }

    private static partial class Log
    {
        [LoggerMessage(5001, LogLevel.Information, "Registry opened at revision {Revision}", EventName = "RegistryOpened")]
        public static partial void Opened(ILogger logger, long revision);

        [LoggerMessage(5002, LogLevel.Warning, "{Warning}", EventName = "RegistryRecovered")]
        public static partial void Recovered(ILogger logger, string warning);
    }
}
