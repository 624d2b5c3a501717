using Orchestrator.Redis;

namespace Orchestrator.Host.Options;

/// <summary>Takes together what the options say of Redis. No message repeats a password.</summary>
internal static class RedisConnectionReader
{
    /// <summary>Reads; null: there is to be no Redis, or (then <paramref name="errors"/> has grown) it is not said right.</summary>
    public static RedisOptions? Read(HostOptions options, ICollection<string> errors)
    {
        if (options.Redis is null)
        {
            if ((options.RedisUser ?? options.RedisPassword ?? options.RedisPasswordFile) is not null || options.RedisTls)
            {
                errors.Add("--redis: is missing beside other redis options; expected host:port");
            }

            return null;
        }

        var before = errors.Count;
        var redis = new RedisOptions
        {
            Endpoints = options.Redis.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries),
            User = options.RedisUser,
            Password = PasswordOf(options, errors),
            Tls = options.RedisTls,
            KeyPrefix = options.RedisPrefix,
        };
        RedisOptionsValidator.Validate(redis, errors);
        return errors.Count == before ? redis : null;
    }

    private static string? PasswordOf(HostOptions options, ICollection<string> errors)
    {
        if (options.RedisPasswordFile is not { } file)
        {
            return options.RedisPassword;
        }

        if (options.RedisPassword is not null)
        {
            errors.Add("--redis-password-file: is given beside ORCHESTRATOR_REDIS_PASSWORD; expected one of them");
            return null;
        }

        try
        {
            var line = File.ReadLines(file).FirstOrDefault();
            if (string.IsNullOrEmpty(line))
            {
                errors.Add($"--redis-password-file: the first line of '{file}' is empty; expected the password");
            }

            return line;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            errors.Add($"--redis-password-file: '{file}' cannot be read: {e.Message}");
            return null;
        }
    }
}
