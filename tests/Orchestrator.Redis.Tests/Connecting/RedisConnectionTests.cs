using Microsoft.Extensions.Logging.Abstractions;
using Orchestrator.Redis.Connecting;
using Orchestrator.Redis.Tests.Rig;

namespace Orchestrator.Redis.Tests.Connecting;

public sealed class RedisConnectionTests
{
    [Fact]
    public async Task State_RedisKilledAndStartedAgain_IsAwaySinceItWentAndThereAgain()
    {
        await using var server = await RedisServer.StartAsync();
        using var connection = new RedisConnection(server.Options, TimeProvider.System, NullLogger<RedisConnection>.Instance);
        connection.IsUntried.ShouldBeTrue();
        connection.State.IsAway.ShouldBeTrue();
        await connection.StartAsync(TestContext.Current.CancellationToken);
        await Plane.UntilAsync(() => !connection.State.IsAway, "it is connected");
        connection.IsUntried.ShouldBeFalse();
        var there = connection.State;

        await server.KillAsync();
        await Plane.UntilAsync(() => connection.State.Reason is { } reason && reason.Contains("no connection could be opened", StringComparison.Ordinal), "an attempt failed");
        var away = connection.State;
        away.Since.ShouldBeGreaterThanOrEqualTo(there.Since);
        connection.Problem.ShouldBe($"Redis at {server.Endpoint} is away: {away.Reason}");

        await server.StartAgainAsync();
        await Plane.UntilAsync(() => connection.Problem is null, "it is connected again");
        connection.State.Since.ShouldBeGreaterThan(away.Since);
        await connection.StopAsync(TestContext.Current.CancellationToken);
    }
}
