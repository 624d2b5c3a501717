using System.Collections.Immutable;
using Orchestrator.Control.Events;

namespace Orchestrator.Control.Reconciliation;

/// <summary>What is wrong beyond single models, by source; a source that works again clears its own line. Thread-safe.</summary>
internal sealed class ProblemBoard(EventLog events)
{
    private ImmutableSortedDictionary<string, string> _problems = ImmutableSortedDictionary<string, string>.Empty;

    /// <summary>All of them in one text, or null.</summary>
    public string? Text
    {
        get
        {
            var problems = Volatile.Read(ref _problems);
            return problems.IsEmpty ? null : string.Join(" | ", problems.Values);
        }
    }

    public bool Has(string source) => Volatile.Read(ref _problems).ContainsKey(source);

    /// <returns>Whether it is news: what was said of the source before is not said again.</returns>
    public bool Set(string source, string message)
    {
        var before = Volatile.Read(ref _problems).GetValueOrDefault(source);
        ImmutableInterlocked.Update(ref _problems, (all, item) => all.SetItem(item.source, item.message), (source, message));
        if (before != message)
        {
            events.Add("problem", source, message);
        }

        return before != message;
    }

    public void Clear(string source)
    {
        if (Has(source))
        {
            ImmutableInterlocked.Update(ref _problems, (all, key) => all.Remove(key), source);
            events.Add("problem", source, "works again");
        }
    }
}
