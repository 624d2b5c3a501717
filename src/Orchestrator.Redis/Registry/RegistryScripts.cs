namespace Orchestrator.Redis.Registry;

/// <summary>
/// What happens in Redis in one piece. Lua instead of WATCH and MULTI: one round trip, no retry under a connection that others share, and lease, token and revision are compared in the
/// same moment as the write. KEYS: the registry (a hash), the lease; they share a slot of a cluster.
/// </summary>
internal static class RegistryScripts
{
    /// <summary>ARGV: holder, life in ms, token (empty: none yet), least new token. Gives what is so, the token (or the other holder), id, revision.</summary>
    public const string Lease = """
        local held = redis.call('GET', KEYS[2])
        local now = redis.call('HMGET', KEYS[1], 'fence', 'id', 'revision')
        local fence, token = now[1], ARGV[3]
        if held and held ~= ARGV[1] then return {'other', held} end
        if token == '' then
          token = ARGV[4]
          if fence and tonumber(fence) >= tonumber(token) then token = string.format('%.0f', tonumber(fence) + 1) end
        elseif fence and fence ~= token then
          return {'other', 'one that has ended again'}
        end
        redis.call('HSET', KEYS[1], 'fence', token)
        redis.call('SET', KEYS[2], ARGV[1], 'PX', ARGV[2])
        return {'held', token, now[2] or '', now[3] or '0'}
        """;

    /// <summary>ARGV: holder.</summary>
    public const string Release = """
        if redis.call('GET', KEYS[2]) == ARGV[1] then redis.call('DEL', KEYS[2]) end
        return {'released'}
        """;

    public const string Read = "return redis.call('HMGET', KEYS[1], 'format', 'id', 'revision', 'desired', 'observed')";

    /// <summary>ARGV: token, id, revision it was made from, desired, id if there is none yet, channel.</summary>
    public const string WriteDesired = Begin + """
        if (now[3] or '0') ~= ARGV[3] then return {'moved'} end
        if not now[2] then redis.call('HSET', KEYS[1], 'format', '1', 'id', ARGV[5]) end
        local revision = string.format('%.0f', tonumber(ARGV[3]) + 1)
        redis.call('HSET', KEYS[1], 'revision', revision, 'desired', ARGV[4])
        redis.call('PUBLISH', ARGV[6], revision)
        return {'written', now[2] or ARGV[5]}
        """;

    /// <summary>ARGV: token, id, observed, id if there is none yet.</summary>
    public const string WriteObserved = Begin + """
        if not now[2] then redis.call('HSET', KEYS[1], 'format', '1', 'id', ARGV[4]) end
        redis.call('HSET', KEYS[1], 'observed', ARGV[3])
        return {'written', now[2] or ARGV[4]}
        """;

    /// <summary>ARGV: token, id and revision that are there, id, revision, desired, observed to be there, channel.</summary>
    public const string Restore = Begin + """
        if (now[3] or '0') ~= ARGV[3] then return {'moved'} end
        redis.call('HSET', KEYS[1], 'format', '1', 'id', ARGV[4], 'revision', ARGV[5], 'desired', ARGV[6], 'observed', ARGV[7])
        redis.call('PUBLISH', ARGV[8], ARGV[5])
        return {'written', ARGV[4]}
        """;

    private const string Begin = """
        local now = redis.call('HMGET', KEYS[1], 'fence', 'id', 'revision')
        if now[1] ~= ARGV[1] then return {'fenced'} end
        if (now[2] or '') ~= ARGV[2] then return {'moved'} end

        """;
}
