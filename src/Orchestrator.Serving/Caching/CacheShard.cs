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

    /// <summary>The answer if it is there and may be given; <paramref name="refresh"/>: it is stale, and nobody else has been told so for <paramref name="claim"/>.</summary>
    public PredictionOutcome? TryGet(in CacheKey key, long now, long claim, out bool refresh)
    {
        lock (_lock)
        {
            refresh = false;
            var hit = TryGetNeedsLock(key, now);
            if (hit is not null && _entries[key] is var entry && entry.Expires <= now && entry.RefreshAt <= now)
            {
                // Not a flag: if that refresh comes to nothing, the next one has its chance.
                entry.RefreshAt = now + claim;
                refresh = true;
            }

            return hit;
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

    public void Finish(in CacheKey key, PredictionItem? item, PredictionOutcome? outcome, Lifetime life)
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
                PutNeedsLock(key, outcome, life);
            }
        }
    }

    private PredictionOutcome? TryGetNeedsLock(in CacheKey key, long now)
    {
        if (!_entries.TryGetValue(key, out var entry))
        {
            return null;
        }

        if (entry.StaleUntil <= now)
        {
            RemoveNeedsLock(entry);
            return null;
        }

        entry.Referenced = true;
        return entry.Outcome;
    }

    private void PutNeedsLock(in CacheKey key, PredictionOutcome outcome, Lifetime life)
    {
        if (_entries.TryGetValue(key, out var old))
        {
            RemoveNeedsLock(old);
        }

        var entry = new Entry(key, outcome, life);
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
            // The last one is the newest: it takes the place of what goes, and the hand passes it, or the next to come would push it out again and what is old would stay for ever.
            if (_hand >= _ring.Count - 1)
            {
                _hand = 0;
            }

            var entry = _ring[_hand++];
            if (!entry.Referenced)
            {
                RemoveNeedsLock(entry);
                return;
            }

            entry.Referenced = false;
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
        public Entry(CacheKey key, PredictionOutcome outcome, Lifetime life)
        {
            Key = key;
            Outcome = outcome;
            Expires = life.Expires;
            StaleUntil = life.StaleUntil;
            Bytes = EntryOverhead;
            foreach (var output in outcome.Outputs)
            {
                Bytes += output.Data.Length + (8 * output.Shape.Length) + 64;
            }
        }

        public CacheKey Key { get; }

        public PredictionOutcome Outcome { get; }

        public long Expires { get; }

        public long StaleUntil { get; }

        public long RefreshAt { get; set; }

        public long Bytes { get; }

        public bool Referenced { get; set; }

        public int Slot { get; set; }
    }
}

/// <summary>How long an answer may be given (timestamps).</summary>
/// <param name="Expires">Until then it is fresh.</param>
/// <param name="StaleUntil">Until then it is still given, while another is asked for.</param>
internal readonly record struct Lifetime(long Expires, long StaleUntil);
