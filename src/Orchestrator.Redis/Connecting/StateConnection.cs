using StackExchange.Redis;
using Orchestrator.Core.Registry;

namespace Orchestrator.Redis.Connecting;

/// <summary>The connection that carries state (registry, leases, snapshots), apart from the cache's: a cache under load must not delay a lease. Each call ends within its time.</summary>
internal sealed class StateConnection(RedisConnection connection, RedisOptions options, TimeProvider time)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    public RedisConnection Connection => connection;

    /// <summary>Where changes are announced.</summary>
    public string Channel { get; } = ChannelOf(options.KeyPrefix);

    public static string ChannelOf(string prefix) => KeyOf(prefix, "changes");

    /// <summary>Name of a key. The braces keep all in one slot of a cluster, so that one script may touch several.</summary>
    public RedisKey Key(string name) => KeyOf(options.KeyPrefix, name);

    /// <summary>Runs a script.</summary>
    /// <exception cref="RegistryException">Redis cannot be asked, or gave no answer in time: what was to be written may have been.</exception>
    public async Task<string?[]> EvaluateAsync(string script, RedisKey[] keys, params string[] arguments)
    {
        if (connection.Link is not { } link)
        {
            throw new RegistryException(connection.Problem ?? $"{options} is not connected");
        }

        if (!link.TryEnter(1, 0))
        {
            throw new RegistryException($"{options}: too many commands wait for a reply");
        }

        try
        {
            var call = link.Database.ExecuteAsync("EVAL", [script, keys.Length, .. keys.Select(k => (object)k), .. arguments]);
            link.LeaveWith(call, 0);
            return [.. ((RedisResult[])(await call.WaitAsync(Patience, time))!).Select(r => (string?)r)];
        }
        catch (Exception e) when (e is RedisException or ObjectDisposedException or InvalidOperationException or TimeoutException or TaskCanceledException)
        {
            throw new RegistryException($"{options} does not answer: {(e is TimeoutException ? $"no reply within {Patience.TotalSeconds} s" : e is RedisServerException ? e.Message : "the connection broke")}", e);
        }
    }

    private static string KeyOf(string prefix, string name) => $"{prefix}{{control}}:{name}";
}
