namespace Orchestrator.Core.Cluster.Files;

/// <summary>
/// What a cluster file says of Redis, for whoever starts an orchestrator with it. Not part of the desired state: it must be known before that can be read, and two processes may
/// reach one Redis under two addresses.
/// </summary>
/// <param name="Endpoints"><c>host:port</c>, several separated by commas.</param>
/// <param name="Tls">Whether it is spoken to over TLS; null: not said.</param>
/// <param name="Prefix">Begins every key; null: not said.</param>
/// <param name="PasswordFile">File whose first line is the password, absolute; null: none.</param>
public sealed record RedisSettings(string Endpoints, bool? Tls = null, string? Prefix = null, string? PasswordFile = null)
{
    internal static RedisSettings? Read(MapReader root)
    {
        const string Key = "redis";
        const string Expected = "host:port, or a mapping with the keys endpoints, tls, prefix, passwordFile";
        if (!root.Has(Key))
        {
            root.Ask(Key);
            return null;
        }

        if (root.IsScalar(Key))
        {
            return root.Text(Key) is { } text && IsEndpoints(root, Key, text) ? new RedisSettings(text) : null;
        }

        var map = root.Map(Key, Expected)!;
        var hasUser = map.Text("user") is not null;
        if (hasUser)
        {
            map.Report("user", "an ACL user needs client 2.x, which this build does not have; give the default user's password by passwordFile, or none.");
        }

        var endpoints = map.RequiredText("endpoints", "host:port, several separated by commas");
        var settings = new RedisSettings(
            endpoints, map.Boolean("tls"), map.Text("prefix"), map.Text("passwordFile") is { } file ? map.Resolve(file) : null);
        map.Finish();
        return !hasUser && endpoints.Length > 0 && IsEndpoints(map, "endpoints", endpoints) ? settings : null;
    }

    // What stands before an @ may be a password: it is not repeated.
    private static bool IsEndpoints(MapReader map, string key, string text)
    {
        var isUrl = text.Contains('@', StringComparison.Ordinal) || text.Contains("://", StringComparison.Ordinal) || text.Contains('=', StringComparison.Ordinal);
        if (isUrl || text.Trim().Length == 0)
        {
            map.Report(key, $"expected host:port, several separated by commas{(isUrl ? ", got a URL or a connection string; give a password by passwordFile or ORCHESTRATOR_REDIS_PASSWORD, TLS by tls: true" : "")}.");
            return false;
        }

        return true;
    }
}
