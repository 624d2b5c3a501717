using Orchestrator.Core.Serving;
using Orchestrator.Redis.Connecting;
using StackExchange.Redis;

namespace Orchestrator.Redis;

// Leases of answers under way: one key each, with the holder's token as its value.
internal sealed partial class RedisPredictionStore
{
    /// <summary>KEYS: the lease. ARGV: token, milliseconds.</summary>
    private const string Renew = "if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('PEXPIRE', KEYS[1], ARGV[2]) end return 0";

    /// <summary>KEYS: the lease. ARGV: token.</summary>
    private const string Release = "if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end return 0";

    public async ValueTask<StoreRead> ClaimAsync(IReadOnlyList<StoreKey> keys, string token, TimeSpan lease, TimeSpan within)
    {
        if (connection.Link is not { } link)
        {
            return new StoreRead(StoreEnd.Unavailable, Nothing);
        }

        if (link.IsStuckFor(within))
        {
            return new StoreRead(StoreEnd.TimedOut, Nothing);
        }

        if (!link.TryEnter(2 * keys.Count, 0))
        {
            return new StoreRead(StoreEnd.Full, Nothing);
        }

        // The lease first: a holder writes its answer before it gives the lease back, so whoever gets it after that finds the answer.
        var takes = new Task<bool>[keys.Count];
        var reads = new Task<RedisValue>[keys.Count];
        for (var i = 0; i < keys.Count; i++)
        {
            var (leaseKey, key) = (_keys.LeaseOf(keys[i]), _keys.Of(keys[i]));
            takes[i] = LinkCalls.Send(link, 0, database => database.StringSetAsync(leaseKey, token, lease, When.NotExists));
            reads[i] = LinkCalls.Send(link, 0, database => database.StringGetAsync(key));
        }

        var end = await LinkCalls.EndOfAsync([.. takes, .. reads], within, time);
        var taken = new bool[keys.Count];
        var values = new byte[]?[keys.Count];
        for (var i = 0; i < keys.Count; i++)
        {
            taken[i] = takes[i].IsCompletedSuccessfully && await takes[i];
            values[i] = reads[i].IsCompletedSuccessfully ? (byte[]?)await reads[i] : null;
        }

        return new StoreRead(end, values, taken);
    }

    public ValueTask<StoreEnd> RenewAsync(IReadOnlyList<StoreLease> leases, TimeSpan lease, TimeSpan within) =>
        RunAsync(leases, Renew, token => [token, (long)lease.TotalMilliseconds], within);

    public ValueTask<StoreEnd> ReleaseAsync(IReadOnlyList<StoreLease> leases, TimeSpan within) => RunAsync(leases, Release, token => [token], within);

    private async ValueTask<StoreEnd> RunAsync(IReadOnlyList<StoreLease> leases, string script, Func<string, RedisValue[]> arguments, TimeSpan within)
    {
        if (connection.Link is not { } link)
        {
            return StoreEnd.Unavailable;
        }

        if (!link.TryEnter(leases.Count, 0))
        {
            return StoreEnd.Full;
        }

        var calls = new Task[leases.Count];
        for (var i = 0; i < calls.Length; i++)
        {
            RedisKey[] key = [_keys.LeaseOf(leases[i].Key)];
            var values = arguments(leases[i].Token);
            calls[i] = LinkCalls.Send(link, 0, database => database.ScriptEvaluateAsync(script, key, values));
        }

        return await LinkCalls.EndOfAsync(calls, within, time);
    }
}
