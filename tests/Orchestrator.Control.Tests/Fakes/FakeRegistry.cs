using Orchestrator.Core.Cluster;
using Orchestrator.Core.Registry;

namespace Orchestrator.Control.Tests.Fakes;

/// <summary>The in-memory registry, with a disk that can fill up and another writer that can come first.</summary>
internal sealed class FakeRegistry : IModelRegistry
{
    private readonly InMemoryModelRegistry _inner = new();

    public RegistryException? WriteError { get; set; }

    public int Writes { get; private set; }

    /// <summary>Called before each write of desired state: what another writer does in between.</summary>
    public Func<Task> BeforeWrite { get; set; } = () => Task.CompletedTask;

    public ValueTask<RegistrySnapshot> ReadAsync(CancellationToken cancellationToken) => _inner.ReadAsync(cancellationToken);

    public async ValueTask<RegistrySnapshot?> TryWriteDesiredAsync(long expectedRevision, ClusterSpec desired, CancellationToken cancellationToken)
    {
        ThrowIfFull();
        await BeforeWrite();
        Writes++;
        return await _inner.TryWriteDesiredAsync(expectedRevision, desired, cancellationToken);
    }

    public ValueTask WriteObservedAsync(ObservedState observed, CancellationToken cancellationToken)
    {
        ThrowIfFull();
        return _inner.WriteObservedAsync(observed, cancellationToken);
    }

    public Task WaitForChangeAsync(long revision, CancellationToken cancellationToken) => _inner.WaitForChangeAsync(revision, cancellationToken);

    /// <summary>What another writer would write.</summary>
    public async Task WriteAsync(Func<ClusterSpec, ClusterSpec> change)
    {
        var now = await _inner.ReadAsync(CancellationToken.None);
        (await _inner.TryWriteDesiredAsync(now.Revision, change(now.Desired), CancellationToken.None)).ShouldNotBeNull();
    }

    private void ThrowIfFull()
    {
        if (WriteError is { } error)
        {
            throw error;
        }
    }
}
