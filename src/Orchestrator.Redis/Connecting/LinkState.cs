namespace Orchestrator.Redis.Connecting;

/// <summary>Whether a connection is there.</summary>
/// <param name="Reason">Why it is away, for people; null: it is there.</param>
/// <param name="Since">When it came or went; another reason does not change it.</param>
internal sealed record LinkState(string? Reason, DateTimeOffset Since)
{
    public bool IsAway => Reason is not null;
}
