using StackExchange.Redis;

namespace Orchestrator.Redis.Connecting;

/// <summary>Our options as the client's.</summary>
internal static class ClientOptionsMapper
{
    /// <summary>What the client would use for itself and this adapter has no need of: a second connection for subscriptions, and settings that hosted servers forbid to read.</summary>
    private static readonly HashSet<string> Unused = ["SUBSCRIBE", "UNSUBSCRIBE", "PSUBSCRIBE", "PUNSUBSCRIBE", "PUBLISH", "CONFIG"];

    private const int RoleCheckSeconds = 1;

    private static readonly HashSet<string> Settings = ["CONFIG"];

    /// <param name="options">Validated.</param>
    /// <param name="subscribes">Whether notifications are wanted: they take a second connection.</param>
    public static ConfigurationOptions Map(RedisOptions options, bool subscribes)
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
            CommandMap = CommandMap.Create(subscribes ? Settings : Unused, available: false),
        };
        if (options.Endpoints.Count > 1)
        {
            // A replica that was promoted would be taken for a replica, and get no write, for a minute.
            mapped.ConfigCheckSeconds = RoleCheckSeconds;
        }

        foreach (var endpoint in options.Endpoints)
        {
            var (host, port) = RedisOptionsValidator.Parse(endpoint) ?? throw new ArgumentException($"not validated: '{endpoint}'", nameof(options));
            mapped.EndPoints.Add(host, port);
        }

        return mapped;
    }
}
