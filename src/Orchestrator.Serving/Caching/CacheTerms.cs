namespace Orchestrator.Serving.Caching;

/// <summary>What becomes of an item's answer: its names, how long it may be given again, and with whom it is shared.</summary>
internal sealed class CacheTerms
{
    /// <summary>The answer's name; null: each row's is kept alone.</summary>
    public CacheKey? Key { get; init; }

    /// <summary>Set when each row's answer shall be cached alone; there is no <see cref="Key"/> then.</summary>
    public RowKeys? RowKeys { get; init; }

    /// <summary>How long the answer may be given again.</summary>
    public TimeSpan Ttl { get; init; }

    /// <summary>How long after that it may still be given while another is asked for.</summary>
    public TimeSpan StaleFor { get; init; }

    /// <summary>Set when the answer is shared with other processes: what it belongs to there.</summary>
    public CacheScope? SharedScope { get; init; }
}
