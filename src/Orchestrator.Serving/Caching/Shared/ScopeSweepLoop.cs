using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Orchestrator.Core.Serving;

namespace Orchestrator.Serving.Caching.Shared;

/// <summary>
/// Drops the keys of versions that have not been served for a while. Correctness needs none of it: such a key is never asked for again unless the very same version comes back
/// (then it is right), and it expires by itself. It only gives memory back early, so it waits, works slowly, and whatever it misses is left to the time to live.
/// </summary>
internal sealed partial class ScopeSweepLoop(ServingState state, IPredictionStore store, SharedCacheMetrics metrics, TimeProvider time, ILogger<ScopeSweepLoop> logger) : BackgroundService
{
    /// <summary>A version that is back within this time (a rollback) finds its answers.</summary>
    public static readonly TimeSpan Grace = TimeSpan.FromMinutes(1);

    private static readonly TimeSpan Period = TimeSpan.FromSeconds(10);

    private readonly HashSet<string> _served = [];
    private readonly Dictionary<string, long> _goneSince = [];

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Period, time);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken))
            {
                await RunOnceAsync(stoppingToken);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The expected end.
        }
    }

    /// <summary>Notes what is served, and drops what has not been for the grace period.</summary>
    internal async Task RunOnceAsync(CancellationToken cancellationToken)
    {
        var now = time.GetTimestamp();
        var served = state.Table.Models.Values.SelectMany(m => m.Versions.Values).Select(v => v.CacheScope.Name).ToHashSet();
        foreach (var scope in _served.Except(served))
        {
            _goneSince.TryAdd(scope, now);
        }

        _served.Clear();
        _served.UnionWith(served);
        foreach (var (scope, since) in _goneSince.ToArray())
        {
            if (served.Contains(scope))
            {
                _goneSince.Remove(scope);
            }
            else if (time.GetElapsedTime(since) >= Grace)
            {
                _goneSince.Remove(scope);
                await DropAsync(scope, cancellationToken);
            }
        }
    }

    private async Task DropAsync(string scope, CancellationToken cancellationToken)
    {
        try
        {
            var dropped = await store.DropAsync(scope, cancellationToken);
            metrics.KeysDropped(dropped);
            Log.Dropped(logger, dropped, scope);
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            Log.DropFailed(logger, e, scope);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(EventId = 2311, EventName = "Dropped", Level = LogLevel.Information, Message = "dropped {Count} keys of a version that is served no longer from the shared store (scope {Scope})")]
        public static partial void Dropped(ILogger logger, long count, string scope);

        [LoggerMessage(EventId = 2312, EventName = "DropFailed", Level = LogLevel.Warning, Message = "keys of a version that is served no longer were left to their time to live (scope {Scope})")]
        public static partial void DropFailed(ILogger logger, Exception error, string scope);
    }
}
