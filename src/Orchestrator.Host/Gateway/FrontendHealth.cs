using System.Collections.Frozen;

namespace Orchestrator.Host.Gateway;

/// <summary>What the gateway knows of its frontends: who is ready, and which predictions must not be executed twice.</summary>
internal sealed class FrontendHealth
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, FrozenSet<string>> _notIdempotent = [];
    private readonly Dictionary<string, bool?> _ready;
    private FrozenSet<string>? _all;

    public FrontendHealth(HostOptions options)
    {
        Addresses = FrontendAddresses.Read(options.Frontends!, []);
        _ready = Addresses.ToDictionary(NameOf, _ => (bool?)null);
    }

    public IReadOnlyList<Uri> Addresses { get; }

    /// <summary>How many take work.</summary>
    public int ReadyCount => Ready.Count(r => r.IsReady);

    /// <summary>Every frontend, and whether it takes work.</summary>
    public IReadOnlyList<(string Frontend, bool IsReady)> Ready
    {
        get
        {
            lock (_lock)
            {
                return [.. _ready.Select(r => (r.Key, r.Value == true))];
            }
        }
    }

    /// <summary>How a frontend is called in metrics and logs.</summary>
    public static string NameOf(Uri address) => address.Authority;

    /// <summary>Whether a prediction may be executed a second time. Before any frontend said which may not: no.</summary>
    /// <param name="key">As <see cref="PredictionKeys"/> writes it.</param>
    public bool MayRepeat(string key) => Volatile.Read(ref _all) is { } all && !all.Contains(key) && !all.Contains(PredictionKeys.Everything);

    /// <summary>Keeps whether a frontend takes work.</summary>
    /// <returns>Whether that is news; what is heard first always is.</returns>
    public bool Set(string frontend, bool isReady)
    {
        lock (_lock)
        {
            var changed = _ready[frontend] != isReady;
            _ready[frontend] = isReady;
            return changed;
        }
    }

    /// <summary>Keeps what a frontend said must not be repeated. One that is gone keeps its word: what it was sent may still be under way.</summary>
    public void SetNotIdempotent(string frontend, string header)
    {
        var keys = header.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).ToFrozenSet(StringComparer.Ordinal);
        lock (_lock)
        {
            if (_notIdempotent.TryGetValue(frontend, out var known) && known.SetEquals(keys))
            {
                return;
            }

            _notIdempotent[frontend] = keys;
            Volatile.Write(ref _all, _notIdempotent.Values.SelectMany(k => k).ToFrozenSet(StringComparer.Ordinal));
        }
    }
}
