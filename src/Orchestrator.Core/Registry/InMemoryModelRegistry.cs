using Orchestrator.Core.Cluster;

namespace Orchestrator.Core.Registry;

/// <summary>A registry that lives as long as the process: for tests, and for trying things without a folder. Thread-safe.</summary>
public sealed class InMemoryModelRegistry : IModelRegistry
{
    private readonly Lock _lock = new();
    private readonly ChangeSignal _changed = new();
    private RegistrySnapshot _snapshot;

    /// <summary>A registry that was never written.</summary>
    public InMemoryModelRegistry() : this(RegistrySnapshot.Empty) { }

    /// <summary>A registry that continues from <paramref name="start"/>.</summary>
    public InMemoryModelRegistry(RegistrySnapshot start) => _snapshot = start;

    /// <inheritdoc/>
    public ValueTask<RegistrySnapshot> ReadAsync(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return ValueTask.FromResult(Volatile.Read(ref _snapshot));
    }

    /// <inheritdoc/>
    public ValueTask<RegistrySnapshot?> TryWriteDesiredAsync(long expectedRevision, ClusterSpec desired, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(desired);
        cancellationToken.ThrowIfCancellationRequested();
        RegistrySnapshot next;
        lock (_lock)
        {
            if (_snapshot.Revision != expectedRevision)
            {
                return ValueTask.FromResult<RegistrySnapshot?>(null);
            }

            next = _snapshot with { Revision = expectedRevision + 1, Desired = desired };
            Volatile.Write(ref _snapshot, next);
        }

        _changed.Notify();
        return ValueTask.FromResult<RegistrySnapshot?>(next);
    }

    /// <inheritdoc/>
    public ValueTask WriteObservedAsync(ObservedState observed, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(observed);
        cancellationToken.ThrowIfCancellationRequested();
        lock (_lock)
        {
            Volatile.Write(ref _snapshot, _snapshot with { Observed = observed });
        }

        return ValueTask.CompletedTask;
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
}
