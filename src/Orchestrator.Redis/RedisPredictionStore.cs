using Orchestrator.Core.Serving;
using Orchestrator.Redis.Connecting;
using StackExchange.Redis;

namespace Orchestrator.Redis;

/// <summary>Predictions in Redis. The keys of one call are sent together without waiting in between; each call has a deadline of its own, because the client's calls have none.</summary>
internal sealed partial class RedisPredictionStore(RedisConnection connection, RedisOptions options, TimeProvider time) : IPredictionStore
{
    private const int KeysPerPage = 250;

    private static readonly byte[]?[] Nothing = [];

    /// <summary>Between two pages of a clean-up: Redis serves everybody else meanwhile.</summary>
    private static readonly TimeSpan PagePause = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan PageTimeout = TimeSpan.FromSeconds(2);

    private readonly StoreKeys _keys = new(options.KeyPrefix);

    public string? Problem => connection.Problem;

    public async ValueTask<StoreRead> ReadAsync(IReadOnlyList<StoreKey> keys, TimeSpan within)
    {
        if (connection.Link is not { } link)
        {
            return new StoreRead(StoreEnd.Unavailable, Nothing);
        }

        if (link.IsStuckFor(within))
        {
            return new StoreRead(StoreEnd.TimedOut, Nothing);
        }

        if (!link.TryEnter(keys.Count, 0))
        {
            return new StoreRead(StoreEnd.Full, Nothing);
        }

        var calls = new Task<RedisValue>[keys.Count];
        for (var i = 0; i < calls.Length; i++)
        {
            var key = _keys.Of(keys[i]);
            calls[i] = LinkCalls.Send(link, 0, database => database.StringGetAsync(key));
        }

        var end = await LinkCalls.EndOfAsync(calls, within, time);
        var values = new byte[]?[calls.Length];
        for (var i = 0; i < values.Length; i++)
        {
            values[i] = calls[i].IsCompletedSuccessfully ? (byte[]?)await calls[i] : null;
        }

        return new StoreRead(end, values);
    }

    public async ValueTask<StoreEnd> WriteAsync(IReadOnlyList<StoreEntry> entries, TimeSpan within)
    {
        if (connection.Link is not { } link)
        {
            return StoreEnd.Unavailable;
        }

        if (!link.TryEnter(entries.Count, entries.Sum(e => (long)e.Value.Length)))
        {
            return StoreEnd.Full;
        }

        var calls = new Task[entries.Count];
        for (var i = 0; i < calls.Length; i++)
        {
            var entry = entries[i];
            var key = _keys.Of(entry.Key);
            calls[i] = LinkCalls.Send(link, entry.Value.Length, database => database.StringSetAsync(key, entry.Value, entry.TimeToLive));
        }

        return await LinkCalls.EndOfAsync(calls, within, time);
    }

    public async ValueTask<long> DropAsync(string scope, CancellationToken cancellationToken)
    {
        // SCAN instead of an index: keys of a scope are counted by nobody on the way in, and never being found costs only memory until they expire.
        var pattern = _keys.Pattern(scope);
        var dropped = 0L;
        var cursor = "0";
        do
        {
            if (connection.Link is not { } link || !link.TryEnter(1, 0)
                || await ReplyOfAsync(LinkCalls.Send(link, 0, database => database.ExecuteAsync("SCAN", cursor, "MATCH", pattern, "COUNT", KeysPerPage))) is not { } page)
            {
                return dropped;
            }

            var parts = (RedisResult[])page!;
            cursor = (string)parts[0]!;
            var keys = (RedisKey[])parts[1]!;
            if (keys.Length > 0)
            {
                if (!link.TryEnter(1, 0) || await ReplyOfAsync(LinkCalls.Send(link, 0, database => database.ExecuteAsync("UNLINK", [.. keys.Select(k => (object)k)]))) is null)
                {
                    return dropped;
                }

                dropped += keys.Length;
            }

            await Task.Delay(PagePause, time, cancellationToken);
        }
        while (cursor != "0");
        return dropped;
    }

    private async ValueTask<RedisResult?> ReplyOfAsync(Task<RedisResult> call) => await LinkCalls.EndOfAsync([call], PageTimeout, time) == StoreEnd.Done ? await call : null;
}
