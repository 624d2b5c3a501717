using System.Collections.Immutable;

namespace Orchestrator.Core.Serving;

/// <summary>Reports of frontends in the same process. A frontend here lives and dies with its readers, so a report never grows too old to count.</summary>
public sealed class InMemoryFrontendReports : IFrontendReports
{
    private readonly ChangeSignal _reported = new();
    private ImmutableDictionary<string, FrontendReport> _reports = ImmutableDictionary<string, FrontendReport>.Empty;

    /// <inheritdoc/>
    public ValueTask ReportAsync(FrontendReport report, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(report);
        cancellationToken.ThrowIfCancellationRequested();
        ImmutableInterlocked.AddOrUpdate(ref _reports, report.FrontendId, report, (_, _) => report);
        _reported.Notify();
        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<FrontendReport>> ReadAsync(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return ValueTask.FromResult<IReadOnlyList<FrontendReport>>([.. Volatile.Read(ref _reports).Values]);
    }

    /// <inheritdoc/>
    public Task WaitForReportAsync(CancellationToken cancellationToken) => _reported.NextAsync().WaitAsync(cancellationToken);
}
