using Orchestrator.Core.Serving;
using Orchestrator.Redis.Connecting;
using StackExchange.Redis;

namespace Orchestrator.Redis;

/// <summary>Predictions in Redis. The keys of one call are sent together without waiting in between; each call has a deadline of its own, because the client's calls have none.</summary>
internal sealed class RedisPredictionStore(RedisConnection connection, RedisOptions options, TimeProvider time) : IPredictionStore
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

        if (!link.TryEnter(keys.Count, 0))
        {
            return new StoreRead(StoreEnd.Full, Nothing);
        }

        var calls = new Task<RedisValue>[keys.Count];
        for (var i = 0; i < calls.Length; i++)
        {
            var key = _keys.Of(keys[i]);
            calls[i] = Send(link, 0, database => database.StringGetAsync(key));
        }

        var end = await EndOfAsync(calls, within);
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
            calls[i] = Send(link, entry.Value.Length, database => database.StringSetAsync(key, entry.Value, entry.TimeToLive));
        }

        return await EndOfAsync(calls, within);
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
                || await ReplyOfAsync(Send(link, 0, database => database.ExecuteAsync("SCAN", cursor, "MATCH", pattern, "COUNT", KeysPerPage))) is not { } page)
            {
                return dropped;
            }

            var parts = (RedisResult[])page!;
            cursor = (string)parts[0]!;
            var keys = (RedisKey[])parts[1]!;
            if (keys.Length > 0)
            {
                if (!link.TryEnter(1, 0) || await ReplyOfAsync(Send(link, 0, database => database.ExecuteAsync("UNLINK", [.. keys.Select(k => (object)k)]))) is null)
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

    /// <summary>Makes one call, for which room was taken.</summary>
    private static Task<T> Send<T>(RedisLink link, long bytes, Func<IDatabase, Task<T>> call)
    {
        try
        {
            var sent = call(link.Database);
            link.LeaveWith(sent, bytes);
            return sent;
        }
        catch (Exception e) when (e is RedisException or ObjectDisposedException or InvalidOperationException)
        {
            // The connection went between our look and the call.
            link.LeaveUnused(bytes);
            return Task.FromException<T>(e);
        }
    }

    private async ValueTask<StoreEnd> EndOfAsync(Task[] calls, TimeSpan within)
    {
        try
        {
            await (calls.Length == 1 ? calls[0] : Task.WhenAll(calls)).WaitAsync(within, time);
            return StoreEnd.Done;
        }
        catch (TimeoutException)
        {
            // The calls stay counted by the link; a failure that comes later has nobody to tell.
            foreach (var call in calls)
            {
                Observe(call);
            }

            return StoreEnd.TimedOut;
        }
        catch (Exception)
        {
            // Whatever the client throws: refused, broken, disposed, an error of the server. The connection's loop says which.
            return Array.TrueForAll(calls, HasReply) ? StoreEnd.Done : StoreEnd.Unavailable;
        }
    }

    /// <summary>Something of another kind under one key is that key's misfortune alone.</summary>
    private static bool HasReply(Task call) =>
        call.IsCompletedSuccessfully || (call.Exception?.InnerException is RedisServerException e && e.Message.StartsWith("WRONGTYPE", StringComparison.Ordinal));

    private async ValueTask<RedisResult?> ReplyOfAsync(Task<RedisResult> call) => await EndOfAsync([call], PageTimeout) == StoreEnd.Done ? await call : null;

    private static void Observe(Task call) => _ = call.ContinueWith(
        static ended => _ = ended.Exception, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously | TaskContinuationOptions.OnlyOnFaulted, TaskScheduler.Default);
}
