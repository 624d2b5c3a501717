namespace Orchestrator.Docker.Lifetime;

/// <summary>Remembers ended containers for a while: that their end was told, and their last lines. Thread-safe.</summary>
internal sealed class EndedContainers(int kept)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, IReadOnlyList<string>> _lines = new(StringComparer.Ordinal);
    private readonly Queue<string> _order = new();

    /// <returns>False: it was there already.</returns>
    public bool TryAdd(string id, IReadOnlyList<string> lines)
    {
        lock (_lock)
        {
            if (!_lines.TryAdd(id, lines))
            {
                return false;
            }

            _order.Enqueue(id);
            if (_order.Count > kept)
            {
                _lines.Remove(_order.Dequeue());
            }

            return true;
        }
    }

    public bool Contains(string id)
    {
        lock (_lock)
        {
            return _lines.ContainsKey(id);
        }
    }

    /// <summary>Null: not known (any more).</summary>
    public IReadOnlyList<string>? LinesOf(string id)
    {
        lock (_lock)
        {
            return _lines.GetValueOrDefault(id);
        }
    }
}
