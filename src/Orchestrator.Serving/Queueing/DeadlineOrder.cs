using Orchestrator.Serving.Batching;

namespace Orchestrator.Serving.Queueing;

/// <summary>Shows a policy the deadlines behind the head: takes items out of the heap as far as it is asked, and puts them back after the decision.</summary>
internal sealed class DeadlineOrder<TItem>(WaitingItems<TItem> waiting, Timescale scale) : IDeadlineOrder
    where TItem : QueuedItem
{
    private readonly List<(TItem Item, WaitingKey Key)> _taken = [];
    private long _now;

    public int Count => waiting.Count - waiting.Alone.Count;

    public TimeSpan SlackAt(int index)
    {
        while (_taken.Count <= index && waiting.TryPeek(out var item))
        {
            _taken.Add((item, waiting.PopEntry()));
        }

        // Fewer than counted: joined requests have several entries. The last one will do.
        return _taken.Count == 0 ? TimeSpan.Zero : scale.ToSpan(_taken[Math.Min(index, _taken.Count - 1)].Key.Deadline - _now);
    }

    public void Begin(long now) => _now = now;

    public void End()
    {
        foreach (var (item, key) in _taken)
        {
            waiting.PutBack(item, key);
        }

        _taken.Clear();
    }
}
