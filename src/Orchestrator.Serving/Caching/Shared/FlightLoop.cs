using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Orchestrator.Core.Serving;

namespace Orchestrator.Serving.Caching.Shared;

/// <summary>Renews the leases that this process holds, so that they may be short, and gives back those that it needs no more. What it misses ends by itself.</summary>
internal sealed partial class FlightLoop(FlightTable flights, IPredictionStore store, StoreBreaker breaker, SharedCacheSettings settings, ILogger<FlightLoop> logger) : BackgroundService
{
    private const int PerRoundTrip = 256;
    private const int RenewalsPerLease = 3;

    private readonly TimeSpan _lease = settings.Options.FlightLease;
    private readonly TimeSpan _within = settings.Options.WriteTimeout;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            await Task.WhenAll(RenewAllAsync(stoppingToken), ReleaseAllAsync(stoppingToken));
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The expected end: what is held ends within a lease.
        }
    }

    /// <summary>Renews what is held.</summary>
    internal async Task RenewOnceAsync()
    {
        if (flights.IsEmpty || breaker.IsOpen)
        {
            return;
        }

        foreach (var leases in flights.Held.Chunk(PerRoundTrip))
        {
            await TryAsync(store.RenewAsync(leases, _lease, _within));
        }
    }

    /// <summary>Gives back what landed.</summary>
    internal async Task ReleaseOnceAsync()
    {
        var landed = flights.Take(PerRoundTrip);
        if (landed.Count > 0 && !breaker.IsOpen)
        {
            await TryAsync(store.ReleaseAsync(landed, _within));
        }
    }

    private async Task RenewAllAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(_lease / RenewalsPerLease, settings.Time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            await RenewOnceAsync();
        }
    }

    private async Task ReleaseAllAsync(CancellationToken stoppingToken)
    {
        while (await flights.WaitAsync(stoppingToken))
        {
            await ReleaseOnceAsync();
        }
    }

    private async ValueTask TryAsync(ValueTask<StoreEnd> call)
    {
        try
        {
            await call;
        }
        catch (Exception e)
        {
            Log.LeasesFailed(logger, e);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(EventId = 2321, EventName = "LeasesFailed", Level = LogLevel.Error, Message = "leases of answers under way could not be renewed or given back; others go on without, a lease later")]
        public static partial void LeasesFailed(ILogger logger, Exception error);
    }
}
