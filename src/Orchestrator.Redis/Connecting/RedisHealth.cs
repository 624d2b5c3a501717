using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Orchestrator.Core.Admin;

namespace Orchestrator.Redis.Connecting;

/// <summary>Every connection of the process in one word: away while one is, for the oldest reason.</summary>
internal sealed class RedisHealth(IServiceProvider services) : IRedisHealth
{
    public RedisStatus Status => Of([.. services.GetServices<IHostedService>().OfType<RedisConnection>().Select(c => (c.Server, c.Use, c.State))]);

    internal static RedisStatus Of(IReadOnlyList<(string Server, RedisUse Use, LinkState State)> links)
    {
        var server = string.Join("; ", links.Select(l => l.Server).Distinct());
        var away = links.Where(l => l.State.IsAway).OrderBy(l => l.State.Since).ToList();
        return away.Count == 0
            ? new RedisStatus { Server = server, Connected = true, Since = links.Max(l => l.State.Since) }
            : new RedisStatus { Server = server, Since = away[0].State.Since, Reason = away[0].State.Reason, Consequences = [.. away.Select(l => l.Use.Consequence).Distinct()] };
    }
}
