namespace Orchestrator.Host.Telemetry;

/// <summary>Collects now and then even if nobody scrapes: the SDK frees series of versions that are gone only when it is collected.</summary>
internal sealed partial class MetricsLoop(MetricsScrape scrape, TimeProvider time, ILogger<MetricsLoop> logger) : BackgroundService
{
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(15);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Period, time);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken))
            {
                RunOnce();
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The expected end.
        }
    }

    private void RunOnce()
    {
        try
        {
            scrape.Collect();
        }
        catch (Exception exception)
        {
            Log.CollectionFailed(logger, exception);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(EventId = 5400, Level = LogLevel.Error, Message = "Collecting metrics failed; trying again at the next period")]
        public static partial void CollectionFailed(ILogger logger, Exception exception);
    }
}
