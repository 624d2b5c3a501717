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
    /// <summary>Keys that one request looks for: a quarter of what may be without a reply on one connection, so that a large request neither fills it nor finds it too small.</summary>
    public const int MostKeys = 1024;

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
    public TimeSpan? ReadTime(long deadline) => ReadTime(deadline, _options.LongestRead);

    /// <summary>The same for one that may take <paramref name="longest"/>.</summary>
    public TimeSpan? ReadTime(long deadline, TimeSpan longest)
    {
        var left = new Deadline(deadline).Remaining(_time) * _options.ReadShare;
        return left < ShortestRead ? null : left < longest ? left : longest;
    }

    /// <summary>Looks up questions that are led by their caller and not queued yet, in one round trip.</summary>
    /// <param name="items">With a key and a shared scope.</param>
    /// <param name="deadline">The earliest among their callers'.</param>
    /// <returns>For each whether it was found: then it is complete, and kept in the process too.</returns>
    public async ValueTask<bool[]> AnswerAsync(IReadOnlyList<PredictionItem> items, long deadline)
    {
        var questions = new SharedQuestion[items.Count];
        for (var i = 0; i < questions.Length; i++)
        {
            questions[i] = SharedQuestion.Of(items[i]);
        }

        var found = new bool[items.Count];
        var values = await ReadAsync(questions, deadline);
        for (var i = 0; i < values.Length; i++)
        {
            found[i] = Take(questions[i], items[i], values[i].Value, values[i].End) is not null;
        }

        return found;
    }

    /// <summary>Looks up rows of one request, in one round trip; at most <see cref="MostKeys"/> of them.</summary>
    /// <param name="questions">Nobody leads them.</param>
    /// <param name="deadline">Their caller's.</param>
    /// <returns>For each its answer, which is kept in the process too; null: none.</returns>
    public async ValueTask<PredictionOutcome?[]> FindAsync(IReadOnlyList<SharedQuestion> questions, long deadline)
    {
        var found = new PredictionOutcome?[questions.Count];
        var values = await ReadAsync(questions, deadline);
        for (var i = 0; i < values.Length; i++)
        {
            found[i] = Take(questions[i], null, values[i].Value, values[i].End);
        }

        return found;
    }

    /// <summary>Offers an answer that a replica gave.</summary>
    /// <param name="item">Whose.</param>
    /// <param name="kept">Shares memory with nothing but the cache in the process.</param>
    public void Offer(PredictionItem item, PredictionOutcome kept)
    {
        if (item is { Key: not null, SharedScope: { } scope } && !Offer(SharedQuestion.Of(item), kept, scope.IsSingleFlight ? item : null))
        {
            Forget(item);
        }
    }

    /// <summary>Offers the answer of one row among several of a request.</summary>
    public void Offer(in SharedQuestion question, PredictionOutcome kept) => Offer(question, kept, null);

    /// <summary>The item will bring no answer: whoever waits for it elsewhere shall wait no longer.</summary>
    public void Forget(PredictionItem item)
    {
        if (item.SharedScope is { IsSingleFlight: true })
        {
            _flights.Land(item);
        }
    }

    /// <summary>Completes an item with what the store has for it, if that is an answer that may be given.</summary>
    public bool TryTake(PredictionItem item, byte[] value) => Take(SharedQuestion.Of(item), item, value, StoreEnd.Done) is not null;

    private bool Offer(in SharedQuestion question, PredictionOutcome kept, PredictionItem? flight) =>
        _writes.Offer(new PendingWrite(question.Key, question.Scope, kept, _time.GetTimestamp(), question.Ttl, question.StaleFor) { Flight = flight });

    /// <summary>One value per question that was asked; none if there is no time, or the store is left alone.</summary>
    private async ValueTask<(byte[]? Value, StoreEnd End)[]> ReadAsync(IReadOnlyList<SharedQuestion> questions, long deadline)
    {
        if (ReadTime(deadline) is not { } within)
        {
            return [];
        }

        var keys = new StoreKey[Math.Min(questions.Count, MostKeys)];
        for (var i = 0; i < keys.Length; i++)
        {
            keys[i] = questions[i].StoreKey;
        }

        Count(questions, keys.Length, "not_asked");
        var began = _time.GetTimestamp();
        var (wasAsked, read) = await _breaker.ReadAsync(keys, within);
        if (!wasAsked)
        {
            Count([.. questions.Take(keys.Length)], 0, "open");
            return [];
        }

        _metrics.ReadTook(_time.GetElapsedTime(began));
        var values = new (byte[]?, StoreEnd)[keys.Length];
        for (var i = 0; i < values.Length; i++)
        {
            values[i] = (i < read.Values.Count ? read.Values[i] : null, read.End);
        }

        return values;
    }

    /// <summary>The answer in a value, if it may be given: then it is kept in the process, and completes the item.</summary>
    private PredictionOutcome? Take(in SharedQuestion question, PredictionItem? item, byte[]? value, StoreEnd end)
    {
        if (value is null)
        {
            _metrics.Read(question.Id, end switch { StoreEnd.Done => "miss", StoreEnd.TimedOut => "timeout", StoreEnd.Full => "full", _ => "unavailable" });
            return null;
        }

        var outcome = value.Length <= _options.MaxValueBytes ? StoredPrediction.Read(question.Key, value, question.Id, out var freshUntil) : Nothing(out freshUntil);
        if (outcome is null)
        {
            _metrics.Read(question.Id, "invalid");
            return null;
        }

        // Another process's clock may be ahead: nothing is fresh for longer than its time to live from now.
        var fresh = freshUntil - _time.GetUtcNow();
        fresh = fresh < question.Ttl ? fresh : question.Ttl;
        if (fresh + question.StaleFor <= TimeSpan.Zero)
        {
            _metrics.Read(question.Id, "miss");
            return null;
        }

        _metrics.Read(question.Id, "hit");
        _cache.Keep(question.Key, item, outcome, fresh, question.StaleFor);
        item?.Complete(outcome);
        return outcome;
    }

    private static PredictionOutcome? Nothing(out DateTimeOffset freshUntil)
    {
        freshUntil = default;
        return null;
    }

    private void Count(IReadOnlyList<SharedQuestion> questions, int from, string result)
    {
        for (var i = from; i < questions.Count; i++)
        {
            _metrics.Read(questions[i].Id, result);
        }
    }
}
