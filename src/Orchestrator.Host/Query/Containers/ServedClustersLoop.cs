using Orchestrator.Core.Serving;

namespace Orchestrator.Host.Query.Containers;

/// <summary>Hands each new serving snapshot to YARP.</summary>
internal sealed partial class ServedClustersLoop(IServingSnapshots snapshots, ServedClusters clusters, TimeProvider time, ILogger<ServedClustersLoop> logger) : BackgroundService
{
    private static readonly TimeSpan RetryDelay = TimeSpan.FromSeconds(1);

    /// <summary>Takes over what is newer than <paramref name="revision"/>, waiting for it.</summary>
    /// <returns>The revision that holds now.</returns>
    internal async Task<long> RunOnceAsync(long revision, CancellationToken cancellationToken)
    {
        await snapshots.WaitForChangeAsync(revision, cancellationToken);
        var snapshot = snapshots.Current;
        clusters.Apply(snapshot);
        return snapshot.Revision;
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var revision = 0L;
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                revision = await RunOnceAsync(revision, stoppingToken);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception exception)
            {
                Log.NotTakenOver(logger, exception);
                await Task.Delay(RetryDelay, time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    private static partial class Log
    {
        [LoggerMessage(EventId = 5201, Level = LogLevel.Error, Message = "A serving snapshot could not be handed to the proxy; /containers keeps its old targets, trying again")]
        public static partial void NotTakenOver(ILogger logger, Exception exception);
    }
}
