using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Orchestrator.Core.Serving;
using Orchestrator.Serving.Routing;

namespace Orchestrator.Serving;

/// <summary>The data plane's one background loop per direction: snapshots in, reports out.</summary>
internal sealed partial class ServingLoop : BackgroundService
{
    private static readonly TimeSpan LeastReportGap = TimeSpan.FromMilliseconds(20);

    private readonly IServingSnapshots _snapshots;
    private readonly IFrontendReports _reports;
    private readonly ServingTableUpdater _updater;
    private readonly ServingState _state;
    private readonly TimeProvider _time;
    private readonly ServingOptions _options;
    private readonly ILogger<ServingLoop> _logger;

    public ServingLoop(IServingSnapshots snapshots, IFrontendReports reports, ServingTableUpdater updater, ServingState state, IOptions<ServingOptions> options, ILogger<ServingLoop> logger)
        : this(snapshots, reports, updater, state, options.Value, logger, TimeProvider.System)
    {
    }

    internal ServingLoop(IServingSnapshots snapshots, IFrontendReports reports, ServingTableUpdater updater, ServingState state, ServingOptions options, ILogger<ServingLoop> logger, TimeProvider time)
    {
        _snapshots = snapshots;
        _reports = reports;
        _updater = updater;
        _state = state;
        _options = options;
        _logger = logger;
        _time = time;
    }

    /// <summary>Takes in the newest snapshot if it is new.</summary>
    internal void ApplyNewest()
    {
        var snapshot = _snapshots.Current;
        if (snapshot.Revision <= _state.Table.Snapshot.Revision)
        {
            return;
        }

        _updater.Apply(snapshot);
        Log.Serving(_logger, snapshot.Revision, snapshot.Models.Count, snapshot.Applications.Count);
    }

    /// <summary>Closes what is retired, then tells Control what this frontend knows.</summary>
    internal ValueTask ReportAsync(CancellationToken cancellationToken)
    {
        _updater.Sweep();

        // The revision is read before the replicas: an older acknowledgement is safe, a newer one is not.
        var revision = _state.Table.Snapshot.Revision;
        return _reports.ReportAsync(new FrontendReport { FrontendId = _options.FrontendId, AcknowledgedRevision = revision, Replicas = _updater.Report() }, cancellationToken);
    }

    protected override Task ExecuteAsync(CancellationToken stoppingToken) => Task.WhenAll(FollowAsync(stoppingToken), TellAsync(stoppingToken));

    private async Task FollowAsync(CancellationToken stopping)
    {
        while (!stopping.IsCancellationRequested)
        {
            try
            {
                await _snapshots.WaitForChangeAsync(_state.Table.Snapshot.Revision, stopping);
                ApplyNewest();
            }
            catch (OperationCanceledException) when (stopping.IsCancellationRequested)
            {
                return;
            }
            catch (Exception error)
            {
                Log.FollowFailed(_logger, error);
                await Task.Delay(_options.ReportInterval, _time, CancellationToken.None);
            }
        }
    }

    private async Task TellAsync(CancellationToken stopping)
    {
        while (!stopping.IsCancellationRequested)
        {
            var due = _updater.ReportDue.NextAsync();
            try
            {
                await ReportAsync(stopping);
                await Task.Delay(LeastReportGap, _time, stopping);
                await due.WaitAsync(_options.ReportInterval, _time, stopping);
            }
            catch (TimeoutException)
            {
                // Nothing of note happened for an interval: the regular report is due.
            }
            catch (OperationCanceledException) when (stopping.IsCancellationRequested)
            {
                return;
            }
            catch (Exception error)
            {
                Log.ReportFailed(_logger, error);
                await Task.Delay(_options.ReportInterval, _time, CancellationToken.None);
            }
        }
    }

    private static partial class Log
    {
        [LoggerMessage(EventId = 2101, EventName = "Serving", Level = LogLevel.Debug, Message = "serving revision {Revision}: {Models} models, {Applications} applications")]
        public static partial void Serving(ILogger logger, long revision, int models, int applications);

        [LoggerMessage(EventId = 2102, EventName = "FollowFailed", Level = LogLevel.Error, Message = "a snapshot could not be taken in; the last good one stays")]
        public static partial void FollowFailed(ILogger logger, Exception error);

        [LoggerMessage(EventId = 2103, EventName = "ReportFailed", Level = LogLevel.Warning, Message = "a report to the control plane failed")]
        public static partial void ReportFailed(ILogger logger, Exception error);
    }
}
