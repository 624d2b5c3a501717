using System.Globalization;
using Orchestrator.Core;
using Orchestrator.Core.Runtime;

namespace Orchestrator.Host.Options;

/// <summary>Reads <see cref="HostOptions"/> from command line and environment; the command line wins. Collects every mistake before it gives up.</summary>
internal static class HostOptionsReader
{
    private const string EnvironmentPrefix = "ORCHESTRATOR_";

    private static readonly Setting[] Settings =
    [
        new("role", "what this process is: control, frontend, all or gateway", (o, v) => Text(v, t => o.Role = t)),
        new("frontends", "gateway: http://HOST:PORT of the query frontends, with commas", (o, v) => Text(v, t => o.Frontends = t)),
        new("query-host", "address of the query frontend", (o, v) => Text(v, t => o.QueryHost = t)),
        new("query-port", "port of the query frontend, 0: any free one", (o, v) => Number(v, n => o.QueryPort = n)),
        new("admin-host", "address of the admin API", (o, v) => Text(v, t => o.AdminHost = t)),
        new("admin-port", "port of the admin API, 0: any free one", (o, v) => Number(v, n => o.AdminPort = n)),
        new("state", "folder of the registry, artefacts and logs", (o, v) => Text(v, t => o.StateDirectory = t)),
        new("containers", "folder with one folder per framework", (o, v) => Text(v, t => o.ContainersDirectory = t)),
        new("runtime", "where containers run: process or docker", (o, v) => Text(v, t => o.Runtime = t)),
        new("image-prefix", "docker: framework images are PREFIX + framework", (o, v) => Text(v, t => o.ImagePrefix = t)),
        new("docker-network", "docker: network that containers join", (o, v) => Text(v, t => o.DockerNetwork = t)),
        new("max-body-bytes", "largest body of a prediction request", (o, v) => Number(v, n => o.MaxBodyBytes = n)),
        new("cache-mib", "most MiB of the prediction cache in this process, 0: no cache", (o, v) => Number(v, n => o.CacheMib = n)),
        new("drain-timeout", "time for requests in flight at the end", (o, v) => Duration(v, d => o.DrainTimeout = d)),
        new("metrics-grace", "how long metrics of what is no longer served stay", (o, v) => Duration(v, d => o.MetricsGrace = d)),
        new("redis", "host:port of a Redis for registry and shared prediction cache; several with commas", (o, v) => Text(v, t => o.Redis = t)),
        new("redis-user", "refused: an ACL user needs client 2.x", (o, v) => Text(v, t => o.RedisUser = t)),
        new("redis-password", "Redis's password; only as environment variable", (o, v) => Text(v, t => o.RedisPassword = t)) { IsSecret = true },
        new("redis-password-file", "file whose first line is Redis's password", (o, v) => Text(v, t => o.RedisPasswordFile = t)),
        new("redis-tls", "true: speak TLS to Redis", (o, v) => Boolean(v, b => o.RedisTls = b)),
        new("registry", "where the registry is: redis or disk; by default in Redis if there is one", (o, v) => Text(v, t => o.Registry = t)),
        new("artefacts", "folder of the artefacts; by default in the state folder", (o, v) => Text(v, t => o.ArtefactsDirectory = t)),
        new("redis-prefix", "what every key in Redis begins with", (o, v) => Text(v, t => o.RedisPrefix = t)),
    ];

    /// <summary>What the command line may hold, for <c>--help</c> and messages.</summary>
    public static string Usage { get; } =
        "usage: Orchestrator.Host [options]   (each also as environment variable ORCHESTRATOR_<NAME>, dashes as underscores)\n"
        + string.Join('\n', Settings.Select(s => $"  --{s.Name,-20} {s.Description}")) + "\n";

    /// <summary>Reads; on mistakes <paramref name="errors"/> names each.</summary>
    public static HostOptions Read(IReadOnlyList<string> arguments, Func<string, string?> environment, ICollection<string> errors)
    {
        var options = new HostOptions { ContainersDirectory = DefaultContainersFolder() };
        foreach (var setting in Settings)
        {
            var variable = EnvironmentPrefix + setting.Name.Replace('-', '_').ToUpperInvariant();
            if (environment(variable) is { } value && setting.Apply(options, value) is { } expected)
            {
                errors.Add($"{variable}: expected {expected}, got '{value}'");
            }
        }

        ReadArguments(options, arguments, errors);
        return options;
    }

    // If there is none, where it would be expected: the message about it then says a useful path.
    private static string DefaultContainersFolder() =>
        FrameworkCatalog.FindFolder(AppContext.BaseDirectory) ?? Path.Combine(AppContext.BaseDirectory, "containers");

    private static void ReadArguments(HostOptions options, IReadOnlyList<string> arguments, ICollection<string> errors)
    {
        for (var i = 0; i < arguments.Count; i++)
        {
            var (name, value) = Cut(arguments[i]);
            if (Array.Find(Settings, s => "--" + s.Name == name) is not { } setting)
            {
                errors.Add($"unknown argument '{arguments[i]}'");
                continue;
            }

            if (value is null && ++i < arguments.Count)
            {
                value = arguments[i];
            }

            if (setting.IsSecret)
            {
                errors.Add($"{name}: a command line is visible to every user of this machine; set ORCHESTRATOR_REDIS_PASSWORD, or --redis-password-file");
            }
            else if (value is null)
            {
                errors.Add($"{name}: a value is missing");
            }
            else if (setting.Apply(options, value) is { } expected)
            {
                errors.Add($"{name}: expected {expected}, got '{value}'");
            }
        }
    }

    private static (string Name, string? Value) Cut(string argument)
    {
        var equals = argument.IndexOf('=', StringComparison.Ordinal);
        return equals < 0 ? (argument, null) : (argument[..equals], argument[(equals + 1)..]);
    }

    private static string? Text(string value, Action<string> assign)
    {
        if (value.Length == 0)
        {
            return "a text";
        }

        assign(value);
        return null;
    }

    private static string? Number(string value, Action<int> assign)
    {
        if (!int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var number))
        {
            return "a whole number";
        }

        assign(number);
        return null;
    }

    private static string? Boolean(string value, Action<bool> assign)
    {
        if (value is not ("true" or "false"))
        {
            return "true or false";
        }

        assign(value == "true");
        return null;
    }

    private static string? Duration(string value, Action<TimeSpan> assign)
    {
        if (!Durations.TryParse(value, out var duration))
        {
            return Durations.Expected;
        }

        assign(duration);
        return null;
    }

    /// <param name="Name">Without the dashes.</param>
    /// <param name="Description">One line for the usage text.</param>
    /// <param name="Apply">Assigns; returns what was expected if the text is not that.</param>
    private sealed record Setting(string Name, string Description, Func<HostOptions, string, string?> Apply)
    {
        /// <summary>Never taken from the command line.</summary>
        public bool IsSecret { get; init; }
    }
}
