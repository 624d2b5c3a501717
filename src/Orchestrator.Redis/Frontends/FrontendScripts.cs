namespace Orchestrator.Redis.Frontends;

/// <summary>What happens in Redis in one piece. KEYS: the registry (for its fence), the serving snapshot, the frontends' reports (two hashes).</summary>
internal static class FrontendScripts
{
    /// <summary>ARGV: token, revision, snapshot, channel.</summary>
    public const string Publish = """
        if redis.call('HGET', KEYS[1], 'fence') ~= ARGV[1] then return {'fenced'} end
        local revision = redis.call('HGET', KEYS[2], 'revision')
        if revision and tonumber(revision) > tonumber(ARGV[2]) then return {'older', revision} end
        redis.call('HSET', KEYS[2], 'revision', ARGV[2], 'snapshot', ARGV[3])
        redis.call('PUBLISH', ARGV[4], ARGV[2])
        return {'written'}
        """;

    public const string ReadRevision = "return {redis.call('HGET', KEYS[2], 'revision') or '0'}";

    public const string Read = "return redis.call('HMGET', KEYS[2], 'revision', 'snapshot')";

    /// <summary>ARGV: frontend, report. Gives the serving revision of that moment: registering and learning of it are one step, so no swap falls between the two.</summary>
    public const string Report = """
        redis.call('HSET', KEYS[3], ARGV[1], ARGV[2])
        return {redis.call('HGET', KEYS[2], 'revision') or '0'}
        """;

    public const string ReadReports = "return redis.call('HGETALL', KEYS[3])";

    /// <summary>ARGV: frontend, report. Unless it reported again.</summary>
    public const string Forget = """
        if redis.call('HGET', KEYS[3], ARGV[1]) == ARGV[2] then redis.call('HDEL', KEYS[3], ARGV[1]) end
        return {'forgotten'}
        """;
}
