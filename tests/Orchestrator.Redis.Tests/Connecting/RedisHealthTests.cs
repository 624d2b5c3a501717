using Orchestrator.Redis.Connecting;

namespace Orchestrator.Redis.Tests.Connecting;

public sealed class RedisHealthTests
{
    private static readonly DateTimeOffset Noon = new(2026, 1, 2, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    public void Status_AllThere_IsConnectedSinceTheLast()
    {
        var status = RedisHealth.Of([("h:1", RedisUse.Cache, new LinkState(null, Noon)), ("h:1", RedisUse.State, new LinkState(null, Noon.AddSeconds(2)))]);
        (status.Server, status.Connected, status.Since, status.Reason).ShouldBe(("h:1", true, Noon.AddSeconds(2), null));
        status.Consequences.ShouldBeEmpty();
    }

    [Fact]
    public void Status_OneAway_IsAwayWithWhatFollowsFromThatOne()
    {
        var status = RedisHealth.Of([("h:1", RedisUse.Cache, new LinkState("it sleeps", Noon)), ("h:1", RedisUse.State, new LinkState(null, Noon.AddSeconds(2)))]);
        (status.Connected, status.Since, status.Reason).ShouldBe((false, Noon, "it sleeps"));
        status.Consequences.ShouldBe([RedisUse.Cache.Consequence]);
    }

    [Fact]
    public void Status_SeveralAway_IsAwaySinceTheFirst()
    {
        var status = RedisHealth.Of([("h:1", RedisUse.State, new LinkState("later", Noon.AddSeconds(1))), ("h:1", RedisUse.Features, new LinkState("first", Noon))]);
        (status.Connected, status.Since, status.Reason).ShouldBe((false, Noon, "first"));
        status.Consequences.ShouldBe([RedisUse.Features.Consequence, RedisUse.State.Consequence]);
    }
}
