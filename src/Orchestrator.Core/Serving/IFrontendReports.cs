namespace Orchestrator.Core.Serving;

/// <summary>What the data plane knows flows back to Control through here (port; in process, or Redis with a time to live; never on disk).</summary>
public interface IFrontendReports
{
    /// <summary>A frontend replaces its report. Cheap: called whenever something of note changed and at least once a second.</summary>
    ValueTask ReportAsync(FrontendReport report, CancellationToken cancellationToken);

    /// <summary>The newest report of each live frontend.</summary>
    ValueTask<IReadOnlyList<FrontendReport>> ReadAsync(CancellationToken cancellationToken);

    /// <summary>
    /// Whether no frontend beside those that <see cref="ReadAsync"/> gave last may still use an older serving revision than theirs. False: it cannot be known now, so nothing that one might
    /// use may end. Null: reports carry no leases, and time limits decide.
    /// </summary>
    bool? IsComplete => null;

    /// <summary>Completes when a report came in after the call began.</summary>
    Task WaitForReportAsync(CancellationToken cancellationToken);
}

/// <summary>What one frontend knows.</summary>
public sealed record FrontendReport
{
    /// <summary>Unique per frontend process.</summary>
    public required string FrontendId { get; init; }

    /// <summary>The serving revision that new requests of this frontend use; no request of it starts on an older one.</summary>
    public required long AcknowledgedRevision { get; init; }

    /// <summary>Per replica the frontend has work at or knows from its snapshot. A replica that is no longer served appears until its last batch is back.</summary>
    public IReadOnlyList<ReplicaReport> Replicas { get; init; } = [];
}

/// <summary>What one frontend knows of one replica.</summary>
public sealed record ReplicaReport
{
    /// <summary>Which.</summary>
    public required ReplicaId Id { get; init; }

    /// <summary>Batches and forwarded calls that are out.</summary>
    public int InFlight { get; init; }

    /// <summary>Calls since the last success that the replica itself failed: connection refused or broken, not ready, no answer. A batch that the model fails on (500) or that it has no room for (<c>Orchestrator-Busy</c>) is none.</summary>
    public int ConsecutiveFailures { get; init; }

    /// <summary>Cause of the last failure, or null.</summary>
    public string? LastFailure { get; init; }

    /// <summary>Batches answered since the replica was known.</summary>
    public long Batches { get; init; }

    /// <summary>Rows answered.</summary>
    public long Rows { get; init; }

    /// <summary>How many rows the batching policy would put in a batch now.</summary>
    public int BatchLimit { get; init; }

    /// <summary>Latency by batch size: the profile's buckets.</summary>
    public IReadOnlyList<ProfileBucket> Profile { get; init; } = [];
}

/// <summary>Latency of batches of about one size, over recent batches.</summary>
/// <param name="Rows">Upper bound of the bucket (1, 2, 4, ...).</param>
/// <param name="Samples">Batches that count.</param>
/// <param name="P50">Median duration.</param>
/// <param name="P99">99th percentile.</param>
public sealed record ProfileBucket(int Rows, int Samples, TimeSpan P50, TimeSpan P99);
