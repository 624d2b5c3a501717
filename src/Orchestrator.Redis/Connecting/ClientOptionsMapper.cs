using StackExchange.Redis;

namespace Orchestrator.Redis.Connecting;

/// <summary>Our options as the client's.</summary>
internal static class ClientOptionsMapper
{
    /// <summary>What the client would use for itself and this adapter has no need of: a second connection for subscriptions, and settings that hosted servers forbid to read.</summary>
    private static readonly HashSet<string> Unused = ["SUBSCRIBE", "UNSUBSCRIBE", "PSUBSCRIBE", "PUNSUBSCRIBE", "PUBLISH", "CONFIG"];

    public static ConfigurationOptions Map(RedisOptions options)
    {
        var mapped = new ConfigurationOptions
        {
            Password = options.Password,
            Ssl = options.Tls,
            AbortOnConnectFail = true,
            ConnectRetry = 1,
            ConnectTimeout = (int)options.ConnectTimeout.TotalMilliseconds,
            SyncTimeout = (int)options.ConnectTimeout.TotalMilliseconds,
            ClientName = "orchestrator",
            TieBreaker = "",
            ConfigurationChannel = "",
            CommandMap = CommandMap.Create(Unused, available: false),
        };
        foreach (var endpoint in options.Endpoints)
        {
            var (host, port) = RedisOptionsValidator.Parse(endpoint) ?? throw new ArgumentException($"not validated: '{endpoint}'", nameof(options));
            mapped.EndPoints.Add(host, port);
        }

        return mapped;
    }
}
