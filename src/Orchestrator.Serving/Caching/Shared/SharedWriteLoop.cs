using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Orchestrator.Core.Serving;

namespace Orchestrator.Serving.Caching.Shared;

/// <summary>Writes answers into the store, several in one round trip, one round trip at a time.</summary>
internal sealed partial class SharedWriteLoop(
    PendingWrites writes, IPredictionStore store, StoreBreaker breaker, SharedCacheMetrics metrics, SharedCacheSettings settings, ILogger<SharedWriteLoop> logger) : BackgroundService
{
    private const int PerRoundTrip = 64;

    private readonly SharedCacheOptions _options = settings.Options;
    private readonly TimeProvider _time = settings.Time;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            while (await writes.WaitAsync(stoppingToken))
            {
                await RunOnceAsync();
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The expected end: what still waits is in no other process, which costs one computation each.
        }
    }

    /// <summary>Writes what waits, up to one round trip.</summary>
    internal async Task RunOnceAsync()
    {
        var taken = writes.Take(PerRoundTrip);
        try
        {
            await WriteAsync(taken);
        }
        finally
        {
            // Not before: who finds neither a lease nor an answer computes.
            writes.Land(taken);
        }
    }

    private async Task WriteAsync(List<PendingWrite> taken)
    {
        if (breaker.IsOpen)
        {
            metrics.Written(taken.Count, "dropped_open");
            return;
        }

        try
        {
            var end = await store.WriteAsync([.. taken.Select(Entry).Where(e => e.TimeToLive > TimeSpan.Zero)], _options.WriteTimeout);
            metrics.Written(taken.Count, end == StoreEnd.Done ? "written" : "failed");
        }
        catch (Exception e)
        {
            metrics.Written(taken.Count, "failed");
            Log.WriteFailed(logger, e);
        }
    }

    private StoreEntry Entry(PendingWrite write)
    {
        var age = _time.GetElapsedTime(write.At);
        var ttl = (write.Ttl * (1 - (Random.Shared.NextDouble() * _options.TtlJitter))) - age;
        var value = StoredPrediction.Write(write.Key, write.Outcome.Outputs, _time.GetUtcNow() + ttl);
        return new StoreEntry(new StoreKey(write.Scope.Name, write.Key.ToBytes()), value, ttl + write.StaleFor);
    }

    private static partial class Log
    {
        [LoggerMessage(EventId = 2301, EventName = "WriteFailed", Level = LogLevel.Error, Message = "answers could not be written to the shared store")]
        public static partial void WriteFailed(ILogger logger, Exception error);
    }
}

/// <summary>Options and clock of the second level.</summary>
internal sealed record SharedCacheSettings(SharedCacheOptions Options, TimeProvider Time);
