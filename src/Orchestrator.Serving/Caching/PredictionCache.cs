using Orchestrator.Core;
using Orchestrator.Protocol;
using Orchestrator.Serving.Prediction;
using Orchestrator.Serving.Queueing;

namespace Orchestrator.Serving.Caching;

/// <summary>What a look-up found.</summary>
internal enum CacheLookup
{
    /// <summary>An answer.</summary>
    Hit,
    /// <summary>The same question is under way; the waiter joined it.</summary>
    Joined,
    /// <summary>Nothing; the item offered is now the one under way.</summary>
    Lead,
}

/// <summary>
/// Answers of recent questions, in process: bounded in bytes, evicted by CLOCK (second chance), expired by time to live; and the questions that are under way, so that equal ones
/// asked at the same time are computed once. Errors, defaults and answers with failed rows are never kept. Sharded; each shard has one brief lock.
/// </summary>
internal sealed class PredictionCache
{
    private const int ShardCount = 16;

    private readonly CacheShard[] _shards = new CacheShard[ShardCount];
    private readonly TimeProvider _time;
    private readonly long _refreshClaim;

    public PredictionCache(long maxBytes, TimeProvider time)
    {
        _time = time;
        _refreshClaim = time.TimestampFrequency;
        IsEnabled = maxBytes > 0;
        for (var i = 0; i < ShardCount; i++)
        {
            _shards[i] = new CacheShard(maxBytes / ShardCount);
        }
    }

    public bool IsEnabled { get; }

    /// <summary>Bytes kept, about.</summary>
    public long Bytes => _shards.Sum(s => s.Bytes);

    /// <summary>Answers kept.</summary>
    public int Count => _shards.Sum(s => s.Count);

    /// <summary>The answer, if it is there and may be given.</summary>
    /// <param name="key">The question.</param>
    /// <param name="refresh">True: it is stale, and the caller is the one to ask again.</param>
    public PredictionOutcome? TryGet(in CacheKey key, out bool refresh) => ShardOf(key).TryGet(key, _time.GetTimestamp(), _refreshClaim, out refresh);

    /// <summary>The answer, if it is there and may be given.</summary>
    public PredictionOutcome? TryGet(in CacheKey key) => ShardOf(key).TryGet(key, _time.GetTimestamp(), 0, out _);

    /// <summary>Looks again, joins the same question if it is under way, or makes <paramref name="item"/> the one under way.</summary>
    public CacheLookup JoinOrLead(in CacheKey key, PredictionItem item, PredictionWaiter waiter, out PredictionOutcome? hit, out PredictionItem joined) =>
        ShardOf(key).JoinOrLead(key, item, waiter, _time.GetTimestamp(), out hit, out joined);

    /// <summary>The question is no longer under way; a clean answer is kept.</summary>
    /// <param name="key">The question.</param>
    /// <param name="item">Who led it; null: it was one row of several, which nobody leads.</param>
    /// <param name="outcome">The answer; null: none.</param>
    /// <param name="ttl">How long it is fresh.</param>
    /// <param name="staleFor">How long after that it may still be given.</param>
    /// <returns>What is kept, a copy of its own; null: nothing.</returns>
    public PredictionOutcome? Finish(in CacheKey key, PredictionItem? item, PredictionOutcome? outcome, TimeSpan ttl, TimeSpan staleFor = default)
    {
        var kept = outcome is { Kind: OutcomeKind.Ok, RowErrors: null } ? Detach(outcome) : null;
        Keep(key, item, kept, ttl, staleFor);
        return kept;
    }

    /// <summary>The question is no longer under way; <paramref name="kept"/>, which shares memory with nothing else, is kept as it is.</summary>
    public void Keep(in CacheKey key, PredictionItem? item, PredictionOutcome? kept, TimeSpan ttl, TimeSpan staleFor)
    {
        var life = kept is null ? default : new Lifetime(Core.Time.Deadline.After(_time, ttl).Timestamp, Core.Time.Deadline.After(_time, ttl + staleFor).Timestamp);
        ShardOf(key).Finish(key, item, kept, life);
    }

    private CacheShard ShardOf(in CacheKey key) => _shards[key.B & (ShardCount - 1)];

    /// <summary>A copy of its own: the outputs of a row are slices of its batch's whole answer, which must not live as long as one cached row does.</summary>
    private static PredictionOutcome Detach(PredictionOutcome outcome)
    {
        var outputs = new Tensor[outcome.Outputs.Count];
        for (var i = 0; i < outputs.Length; i++)
        {
            outputs[i] = outcome.Outputs[i] with { Data = outcome.Outputs[i].Data.ToArray() };
        }

        return new PredictionOutcome { Kind = OutcomeKind.Ok, ModelVersion = outcome.ModelVersion, Outputs = outputs, FromCache = true };
    }
}
