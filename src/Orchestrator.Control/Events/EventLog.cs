using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using Orchestrator.Core;
using Orchestrator.Core.Admin;

namespace Orchestrator.Control.Events;

/// <summary>The last events of this process, for any number of readers. Thread-safe.</summary>
internal sealed class EventLog(TimeProvider time)
{
    /// <summary>Events kept.</summary>
    public const int Capacity = 1000;

    private readonly Lock _lock = new();
    private readonly ChangeSignal _added = new();
    private ImmutableQueue<ClusterEvent> _events = [];
    private int _count;
    private long _sequence;

    public void Add(string kind, string subject, string message)
    {
        lock (_lock)
        {
            _events = _events.Enqueue(new ClusterEvent(++_sequence, time.GetUtcNow(), kind, subject, message));
            if (++_count > Capacity)
            {
                _events = _events.Dequeue();
                _count--;
            }
        }

        _added.Notify();
    }

    /// <summary>Events after <paramref name="since"/> that are still kept, then new ones until cancelled. A reader slower than <see cref="Capacity"/> events misses some, and sees it in the sequence.</summary>
    public async IAsyncEnumerable<ClusterEvent> WatchAsync(long since, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        while (true)
        {
            // Taken before the read: an event in between completes it.
            var next = _added.NextAsync();
            ImmutableQueue<ClusterEvent> events;
            lock (_lock)
            {
                events = _events;
            }

            foreach (var item in events)
            {
                if (item.Sequence > since)
                {
                    since = item.Sequence;
                    yield return item;
                }
            }

            await next.WaitAsync(cancellationToken);
        }
    }
}
