using System.Runtime.CompilerServices;
using System.Threading.Channels;

namespace Orchestrator.Core.Runtime;

/// <summary>Hands each exit to everybody who watches; for adapters of <see cref="IContainerRuntime"/>. Thread-safe.</summary>
public sealed class ExitFeed
{
    private readonly Lock _lock = new();
    private readonly List<Channel<ContainerExit>> _watchers = [];

    /// <summary>The watch begins with this call, not with the first read: a caller who lists containers in between misses nothing.</summary>
    public IAsyncEnumerable<ContainerExit> Watch(CancellationToken cancellationToken)
    {
        var exits = Channel.CreateUnbounded<ContainerExit>(new UnboundedChannelOptions { SingleReader = true });
        lock (_lock)
        {
            _watchers.Add(exits);
        }

        // Also when nobody ever reads: the registration, not the iterator, ends the watch.
        var registration = cancellationToken.Register(() => Remove(exits));
        return ReadAsync(exits, registration, cancellationToken);
    }

    /// <summary>Never blocks: channels are unbounded, and as long as the containers that end.</summary>
    public void Publish(ContainerExit exit)
    {
        lock (_lock)
        {
            foreach (var watcher in _watchers)
            {
                watcher.Writer.TryWrite(exit);
            }
        }
    }

    private async IAsyncEnumerable<ContainerExit> ReadAsync(
        Channel<ContainerExit> exits, CancellationTokenRegistration registration, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        try
        {
            await foreach (var exit in exits.Reader.ReadAllAsync(cancellationToken))
            {
                yield return exit;
            }
        }
        finally
        {
            await registration.DisposeAsync();
            Remove(exits);
        }
    }

    private void Remove(Channel<ContainerExit> exits)
    {
        lock (_lock)
        {
            _watchers.Remove(exits);
        }
    }
}
