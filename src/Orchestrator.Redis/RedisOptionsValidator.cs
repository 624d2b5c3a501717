using System.Buffers;
using System.ComponentModel.DataAnnotations;
using System.Globalization;
using System.Net;

namespace Orchestrator.Redis;

/// <summary>Checks where Redis is said to be; every mistake at once, and never with the password in it.</summary>
public static class RedisOptionsValidator
{
    private const int MostPrefix = 64;

    /// <summary>In a pattern, or (braces) for where a cluster keeps a key.</summary>
    private static readonly SearchValues<char> Meaningful = SearchValues.Create("*?[]\\{}");

    /// <summary>Adds one line per mistake.</summary>
    public static void Validate(RedisOptions options, ICollection<string> errors)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(errors);
        var results = new List<ValidationResult>();
        Validator.TryValidateObject(options, new ValidationContext(options), results, validateAllProperties: true);
        foreach (var result in results)
        {
            errors.Add("redis: " + result.ErrorMessage);
        }

        if (options.Endpoints.Count == 0)
        {
            errors.Add("redis: no endpoint; expected host or host:port, several separated by commas");
        }

        foreach (var endpoint in options.Endpoints)
        {
            if (FindEndpointMistake(endpoint) is { } mistake)
            {
                errors.Add("redis: " + mistake);
            }
        }

        if (options.User is not null)
        {
            errors.Add("redis user: an ACL user needs client 2.x, which this build does not have; give the default user's password, or none");
        }

        if (options.KeyPrefix.Length is 0 or > MostPrefix || options.KeyPrefix.AsSpan().ContainsAny(Meaningful) || options.KeyPrefix.Any(c => c is < '!' or > '~'))
        {
            errors.Add($"redis prefix: expected 1 to {MostPrefix} visible ASCII characters other than * ? [ ] {{ }} and \\, such as {RedisOptions.DefaultKeyPrefix}");
        }
    }

    /// <summary>The endpoint as the client takes it; null: it is none.</summary>
    internal static (string Host, int Port)? Parse(string endpoint)
    {
        if (IPAddress.TryParse(endpoint, out var address) && (address.AddressFamily == System.Net.Sockets.AddressFamily.InterNetwork || !endpoint.StartsWith('[')))
        {
            return (endpoint, RedisOptions.DefaultPort);
        }

        var colon = endpoint.LastIndexOf(':');
        var hasPort = colon >= 0 && !endpoint.EndsWith(']');
        var host = (hasPort ? endpoint[..colon] : endpoint).Trim('[', ']');
        var port = RedisOptions.DefaultPort;
        if (hasPort && (!int.TryParse(endpoint.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out port) || port is < 1 or > 65535))
        {
            return null;
        }

        return Uri.CheckHostName(host) == UriHostNameType.Unknown ? null : (host, port);
    }

    private static string? FindEndpointMistake(string endpoint)
    {
        // What stands before an @ may be a password: it is not repeated.
        if (endpoint.Contains('@', StringComparison.Ordinal) || endpoint.Contains("://", StringComparison.Ordinal) || endpoint.Contains('=', StringComparison.Ordinal))
        {
            return "expected host:port, got a URL or a connection string; give the password by ORCHESTRATOR_REDIS_PASSWORD or --redis-password-file, TLS by --redis-tls true";
        }

        return Parse(endpoint) is null ? $"expected host or host:port, got '{endpoint}'" : null;
    }
}
