namespace Orchestrator.Core.Serving;

/// <summary>Carries snapshots from Control to a frontend in the same process. Thread-safe; reading is one volatile read.</summary>
public sealed class InMemoryServingSnapshots : IServingSnapshots
{
    private readonly Lock _lock = new();
    private readonly ChangeSignal _changed = new();
    private ServingSnapshot _current = ServingSnapshot.Empty;

    /// <inheritdoc/>
    public ServingSnapshot Current => Volatile.Read(ref _current);

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">The revision is not greater than the current one: two publishers, or a publisher that lost count.</exception>
    public ValueTask PublishAsync(ServingSnapshot snapshot, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(snapshot);
        cancellationToken.ThrowIfCancellationRequested();
        lock (_lock)
        {
            if (snapshot.Revision <= _current.Revision)
            {
                throw new ArgumentException(
                    $"Serving revision {snapshot.Revision} cannot be published: {_current.Revision} is published already, and revisions only grow.", nameof(snapshot));
            }

            Volatile.Write(ref _current, snapshot);
        }

        _changed.Notify();
        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public async Task WaitForChangeAsync(long revision, CancellationToken cancellationToken)
    {
        while (true)
        {
            // Taken before the read: a publication between the two completes this task.
            var next = _changed.NextAsync();
            if (Current.Revision > revision)
            {
                return;
            }

            await next.WaitAsync(cancellationToken);
        }
    }
}
