namespace Orchestrator.Core.Admin;

/// <summary>Whether Redis is there (port). Not registered where none is configured.</summary>
public interface IRedisHealth
{
    /// <summary>As it is now.</summary>
    RedisStatus Status { get; }
}

/// <summary>Redis, as this process sees it: all its connections (cache, features, registry) taken together.</summary>
public sealed record RedisStatus
{
    /// <summary>Its endpoints, for people.</summary>
    public required string Server { get; init; }

    /// <summary>Whether every connection is open and answers.</summary>
    public bool Connected { get; init; }

    /// <summary>Since when it is so.</summary>
    public DateTimeOffset Since { get; init; }

    /// <summary>Why it is away, for people and without secrets; null: it is not.</summary>
    public string? Reason { get; init; }

    /// <summary>What is done without meanwhile, for people; also while it is connected, where it answers too slowly to be asked.</summary>
    public IReadOnlyList<string> Consequences { get; init; } = [];
}
