using Orchestrator.Serving.Prediction;
using Orchestrator.Serving.Queueing;

namespace Orchestrator.Serving.Caching;

/// <summary>One part of the cache, under one lock.</summary>
internal sealed class CacheShard(long maxBytes)
{
    /// <summary>What an entry costs beside its outputs' bytes: key, dictionary, objects. Measured at about 400 bytes for one small output.</summary>
    private const int EntryOverhead = 400;

    private readonly Lock _lock = new();
    private readonly Dictionary<CacheKey, Entry> _entries = [];
    private readonly Dictionary<CacheKey, PredictionItem> _underWay = [];
    private readonly List<Entry> _ring = [];
    private int _hand;
    private long _bytes;

    public long Bytes => Volatile.Read(ref _bytes);

    public int Count
    {
        get
        {
            lock (_lock)
            {
                return _entries.Count;
            }
        }
    }

    public PredictionOutcome? TryGet(in CacheKey key, long now)
    {
        lock (_lock)
        {
            return TryGetNeedsLock(key, now);
        }
    }

    public CacheLookup JoinOrLead(in CacheKey key, PredictionItem item, PredictionWaiter waiter, long now, out PredictionOutcome? hit, out PredictionItem joined)
    {
        lock (_lock)
        {
            joined = item;
            hit = TryGetNeedsLock(key, now);
            if (hit is not null)
            {
                return CacheLookup.Hit;
            }

            if (_underWay.TryGetValue(key, out var other) && other.TryJoin(waiter))
            {
                joined = other;
                return CacheLookup.Joined;
            }

            _underWay[key] = item;
            return CacheLookup.Lead;
        }
    }

    public void Finish(in CacheKey key, PredictionItem item, PredictionOutcome? outcome, long expires)
    {
        lock (_lock)
        {
            // Another one may lead by now: this one was left by everybody, and its result came late.
            if (_underWay.TryGetValue(key, out var leader) && ReferenceEquals(leader, item))
            {
                _underWay.Remove(key);
            }

            if (outcome is not null)
            {
                PutNeedsLock(key, outcome, expires);
            }
        }
    }

    private PredictionOutcome? TryGetNeedsLock(in CacheKey key, long now)
    {
        if (!_entries.TryGetValue(key, out var entry))
        {
            return null;
        }

        if (entry.Expires <= now)
        {
            RemoveNeedsLock(entry);
            return null;
        }

        entry.Referenced = true;
        return entry.Outcome;
    }

    private void PutNeedsLock(in CacheKey key, PredictionOutcome outcome, long expires)
    {
        if (_entries.TryGetValue(key, out var old))
        {
            RemoveNeedsLock(old);
        }

        var entry = new Entry(key, outcome, expires);
        if (entry.Bytes > maxBytes)
        {
            return;
        }

        _bytes += entry.Bytes;
        while (_bytes > maxBytes)
        {
            EvictNeedsLock();
        }

        entry.Slot = _ring.Count;
        _ring.Add(entry);
        _entries[key] = entry;
    }

    private void EvictNeedsLock()
    {
        while (true)
        {
            if (_hand >= _ring.Count)
            {
                _hand = 0;
            }

            var entry = _ring[_hand];
            if (!entry.Referenced)
            {
                RemoveNeedsLock(entry);
                return;
            }

            entry.Referenced = false;
            _hand++;
        }
    }

    private void RemoveNeedsLock(Entry entry)
    {
        _entries.Remove(entry.Key);
        _bytes -= entry.Bytes;

        // The last one takes its place: CLOCK needs a ring, not an order.
        var last = _ring[^1];
        _ring[entry.Slot] = last;
        last.Slot = entry.Slot;
        _ring.RemoveAt(_ring.Count - 1);
    }

    private sealed class Entry
    {
        public Entry(CacheKey key, PredictionOutcome outcome, long expires)
        {
            Key = key;
            Outcome = outcome;
            Expires = expires;
            Bytes = EntryOverhead;
            foreach (var output in outcome.Outputs)
            {
                Bytes += output.Data.Length + (8 * output.Shape.Length) + 64;
            }
        }

        public CacheKey Key { get; }

        public PredictionOutcome Outcome { get; }

        public long Expires { get; }

        public long Bytes { get; }

        public bool Referenced { get; set; }

        public int Slot { get; set; }
    }
}
