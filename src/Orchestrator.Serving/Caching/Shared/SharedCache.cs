using Orchestrator.Core.Serving;
using Orchestrator.Core.Time;
using Orchestrator.Serving.Prediction;
using Orchestrator.Serving.Queueing;

namespace Orchestrator.Serving.Caching.Shared;

/// <summary>
/// The second level of the prediction cache, behind the one in the process: looks questions up in a store that other processes fill too, within a share of the time that is left,
/// and hands new answers to the write-behind. Whatever is wrong with the store is a miss.
/// </summary>
internal sealed class SharedCache
{
    /// <summary>A read in less is not tried: the timer alone takes about as long.</summary>
    private static readonly TimeSpan ShortestRead = TimeSpan.FromMilliseconds(0.5);

    private readonly PredictionCache _cache;
    private readonly StoreBreaker _breaker;
    private readonly PendingWrites _writes;
    private readonly FlightTable _flights;
    private readonly SharedCacheMetrics _metrics;
    private readonly SharedCacheOptions _options;
    private readonly TimeProvider _time;

    public SharedCache(PredictionCache cache, StoreBreaker breaker, PendingWrites writes, FlightTable flights, SharedCacheMetrics metrics, SharedCacheSettings settings)
    {
        _cache = cache;
        _breaker = breaker;
        _writes = writes;
        _flights = flights;
        _metrics = metrics;
        _options = settings.Options;
        _time = settings.Time;
    }

    /// <summary>What a read for a request with that deadline may take; null: too little to try.</summary>
    public TimeSpan? ReadTime(long deadline)
    {
        var left = new Deadline(deadline).Remaining(_time) * _options.ReadShare;
        return left < ShortestRead ? null : left < _options.LongestRead ? left : _options.LongestRead;
    }

    /// <summary>Looks up questions that are led by their caller and not queued yet, in one round trip.</summary>
    /// <param name="items">With a key and a shared scope.</param>
    /// <param name="deadline">The earliest among their callers'.</param>
    /// <returns>For each whether it was found: then it is complete, and kept in the process too.</returns>
    public async ValueTask<bool[]> AnswerAsync(IReadOnlyList<PredictionItem> items, long deadline)
    {
        var found = new bool[items.Count];
        if (ReadTime(deadline) is not { } within)
        {
            return found;
        }

        var keys = new StoreKey[items.Count];
        for (var i = 0; i < keys.Length; i++)
        {
            keys[i] = new StoreKey(items[i].SharedScope!.Name, items[i].Key!.Value.ToBytes());
        }

        var began = _time.GetTimestamp();
        var (wasAsked, read) = await _breaker.ReadAsync(keys, within);
        if (!wasAsked)
        {
            Count(items, "open");
            return found;
        }

        _metrics.ReadTook(_time.GetElapsedTime(began));
        for (var i = 0; i < found.Length; i++)
        {
            found[i] = TryTake(items[i], i < read.Values.Count ? read.Values[i] : null, read.End);
        }

        return found;
    }

    /// <summary>Offers an answer that a replica gave.</summary>
    /// <param name="item">Whose.</param>
    /// <param name="kept">Shares memory with nothing but the cache in the process.</param>
    public void Offer(PredictionItem item, PredictionOutcome kept)
    {
        if (item is { Key: { } key, SharedScope: { } scope })
        {
            var write = new PendingWrite(key, scope, kept, _time.GetTimestamp(), item.Ttl, item.StaleFor) { Flight = scope.IsSingleFlight ? item : null };
            if (!_writes.Offer(write))
            {
                Forget(item);
            }
        }
    }

    /// <summary>The item will bring no answer: whoever waits for it elsewhere shall wait no longer.</summary>
    public void Forget(PredictionItem item)
    {
        if (item.SharedScope is { IsSingleFlight: true })
        {
            _flights.Land(item);
        }
    }

    /// <summary>Completes an item with what the store has for it, if that is an answer that may be given.</summary>
    public bool TryTake(PredictionItem item, byte[] value) => TryTake(item, value, StoreEnd.Done);

    private bool TryTake(PredictionItem item, byte[]? value, StoreEnd end)
    {
        var id = item.Queue.Id;
        if (value is null)
        {
            _metrics.Read(id, end switch { StoreEnd.Done => "miss", StoreEnd.TimedOut => "timeout", StoreEnd.Full => "full", _ => "unavailable" });
            return false;
        }

        var key = item.Key!.Value;
        var outcome = value.Length <= _options.MaxValueBytes ? StoredPrediction.Read(key, value, id, out var freshUntil) : Nothing(out freshUntil);
        if (outcome is null)
        {
            _metrics.Read(id, "invalid");
            return false;
        }

        // Another process's clock may be ahead: nothing is fresh for longer than its time to live from now.
        var fresh = freshUntil - _time.GetUtcNow();
        fresh = fresh < item.Ttl ? fresh : item.Ttl;
        if (fresh + item.StaleFor <= TimeSpan.Zero)
        {
            _metrics.Read(id, "miss");
            return false;
        }

        _metrics.Read(id, "hit");
        _cache.Keep(key, item, outcome, fresh, item.StaleFor);
        item.Complete(outcome);
        return true;
    }

    private static PredictionOutcome? Nothing(out DateTimeOffset freshUntil)
    {
        freshUntil = default;
        return null;
    }

    private void Count(IReadOnlyList<PredictionItem> items, string result)
    {
        foreach (var item in items)
        {
            _metrics.Read(item.Queue.Id, result);
        }
    }
}
