using System.ComponentModel.DataAnnotations;
using System.Net;
using Orchestrator.Host.Gateway;

namespace Orchestrator.Host.Options;

/// <summary>Checks ranges (attributes) and what must fit together; names every mistake.</summary>
internal static class HostOptionsValidator
{
    /// <summary>Adds one line per mistake.</summary>
    public static void Validate(HostOptions options, ICollection<string> errors)
    {
        var results = new List<ValidationResult>();
        Validator.TryValidateObject(options, new ValidationContext(options), results, validateAllProperties: true);
        foreach (var result in results)
        {
            errors.Add(result.ErrorMessage ?? string.Join(", ", result.MemberNames));
        }

        if (!Core.Cluster.Validation.ValidationContext.AllRuntimes.Contains(options.Runtime))
        {
            errors.Add($"--runtime: expected {string.Join(" or ", Core.Cluster.Validation.ValidationContext.AllRuntimes)}, got '{options.Runtime}'");
        }

        RequireAddress("--query-host", options.QueryHost, errors);
        RequireAddress("--admin-host", options.AdminHost, errors);
        if (options.QueryPort != 0 && options.QueryPort == options.AdminPort)
        {
            errors.Add($"--query-port and --admin-port are both {options.QueryPort}; the two surfaces need a port each");
        }

        if (options.Registry is not (null or HostOptions.DiskRegistry or HostOptions.RedisRegistry))
        {
            errors.Add($"--registry: expected {HostOptions.RedisRegistry} or {HostOptions.DiskRegistry}, got '{options.Registry}'");
        }
        else if (options is { Registry: HostOptions.RedisRegistry, Redis: null })
        {
            errors.Add("--registry redis: needs --redis HOST:PORT");
        }

        ValidateRole(options, errors);
        RedisConnectionReader.Read(options, errors);
    }

    private static void ValidateRole(HostOptions options, ICollection<string> errors)
    {
        if (options.Role is not (HostOptions.ControlRole or HostOptions.FrontendRole or HostOptions.AllRoles or HostOptions.GatewayRole))
        {
            errors.Add($"--role: expected control, frontend, all or gateway, got '{options.Role}'");
        }
        else if (options.Role is HostOptions.ControlRole or HostOptions.FrontendRole && !options.HasRedisRegistry)
        {
            errors.Add($"--role {options.Role}: control plane and frontends in different processes meet in Redis; needs --redis HOST:PORT, and no --registry disk");
        }

        if (!options.IsGateway)
        {
            if (options.Frontends is not null)
            {
                errors.Add($"--frontends: only a gateway forwards to frontends; needs --role gateway, got '{options.Role}'");
            }
        }
        else if (options.Frontends is null)
        {
            errors.Add("--role gateway: needs --frontends http://HOST:PORT,..., the query ports that it balances over");
        }
        else if (FrontendAddresses.Read(options.Frontends, errors).FirstOrDefault(a => a.IsLoopback && a.Port == options.QueryPort) is { } itself)
        {
            errors.Add($"--frontends: {itself} is the gateway's own port (--query-port {options.QueryPort}); it would forward to itself");
        }
    }

    private static void RequireAddress(string name, string value, ICollection<string> errors)
    {
        if (value != "localhost" && !IPAddress.TryParse(value, out _))
        {
            errors.Add($"{name}: expected an IP address to listen on (127.0.0.1, 0.0.0.0 for all, ::1) or localhost, got '{value}'");
        }
    }
}
