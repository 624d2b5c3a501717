namespace Orchestrator.Redis.Connecting;

/// <summary>What a connection is for.</summary>
/// <param name="Name">For people.</param>
/// <param name="Consequence">What it means that there is none, for people.</param>
internal sealed record RedisUse(string Name, string Consequence)
{
    public static RedisUse Cache { get; } = new("prediction cache", "predictions go on without the shared cache");

    public static RedisUse Features { get; } = new("features", "features are their defaults");

    public static RedisUse State { get; } = new("registry and frontends", "what is served goes on, nothing can be changed");
}
