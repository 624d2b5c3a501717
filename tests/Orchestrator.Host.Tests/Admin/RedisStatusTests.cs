using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Orchestrator.Core.Admin;
using Orchestrator.Core.Json;
using Orchestrator.Host.Tests.Rig;
using Orchestrator.Serving;

namespace Orchestrator.Host.Tests.Admin;

/// <summary>What the admin port says of Redis.</summary>
public sealed class RedisStatusTests
{
    [Fact]
    public async Task Status_WithoutRedis_SaysNothingOfIt()
    {
        await using var rig = await HostRig.StartAsync();
        (await StatusAsync(rig)).Redis.ShouldBeNull();
    }

    [Fact]
    public async Task Status_RedisAway_SaysSinceWhenAndWhy()
    {
        var redis = new RedisStatus { Server = "h:6379", Since = new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero), Reason = "it sleeps", Consequences = ["no shared cache"] };
        await using var rig = await HostRig.StartAsync(add: services => services.AddSingleton<IRedisHealth>(new KnownRedis(redis)));

        var status = await StatusAsync(rig);

        status.Redis!.ShouldBe(redis with { Consequences = status.Redis!.Consequences });
        status.Redis!.Consequences.ShouldBe(["no shared cache"]);
    }

    [Fact]
    public async Task Status_RedisSlow_SaysWhatIsDoneWithout_AndSoDoesReadiness()
    {
        var redis = new RedisStatus { Server = "h:6379", Connected = true, Since = new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero) };
        await using var rig = await HostRig.StartAsync(add: services => services.AddSingleton<IRedisHealth>(new KnownRedis(redis)).AddSingleton(new StoresLeftAlone([() => "the cache is left alone", () => null])));
        await rig.PublishAsync([], []);

        var status = await StatusAsync(rig);

        status.Redis!.Connected.ShouldBeTrue();
        status.Redis!.Consequences.ShouldBe(["the cache is left alone"]);
        (await rig.Admin.SendAsync(HttpMethod.Get, "/readyz")).Text.ShouldEndWith("degraded: the cache is left alone\n");
    }

    private static async Task<ClusterStatus> StatusAsync(HostRig rig) =>
        JsonSerializer.Deserialize((await rig.Admin.SendAsync(HttpMethod.Get, "/api/v1/status")).Text, CoreJson.Default.ClusterStatus)!;

    private sealed record KnownRedis(RedisStatus Status) : IRedisHealth;
}
