namespace Orchestrator.Load.Running;

/// <summary>Holds the request timeout of all connections with one timer: a timer per request would cost more than the request.</summary>
internal sealed class OverdueWatch(IReadOnlyList<LoadConnection> connections, TimeProvider time, TimeSpan timeout)
{
    private static readonly TimeSpan Coarsest = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan Finest = TimeSpan.FromMilliseconds(5);

    /// <summary>Runs until <paramref name="done"/> is cancelled.</summary>
    public async Task RunAsync(CancellationToken done)
    {
        var period = TimeSpan.FromTicks(Math.Clamp(timeout.Ticks / 10, Finest.Ticks, Coarsest.Ticks));
        using var timer = new PeriodicTimer(period, time);
        try
        {
            while (await timer.WaitForNextTickAsync(done))
            {
                Tick();
            }
        }
        catch (OperationCanceledException) when (done.IsCancellationRequested)
        {
            // The load is over.
        }
    }

    internal void Tick()
    {
        var now = time.GetTimestamp();
        foreach (var connection in connections)
        {
            connection.CloseIfOverdue(now);
        }
    }
}
