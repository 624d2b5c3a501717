namespace Orchestrator.Load.Running;

/// <summary>Tells how far a load has come: at its start and then every second.</summary>
internal sealed class ProgressWatch(Action<LoadProgress> tell, LoadTally tally, TimeProvider time)
{
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(1);

    /// <summary>Runs until <paramref name="done"/> is cancelled.</summary>
    public async Task RunAsync(CancellationToken done)
    {
        using var timer = new PeriodicTimer(Period, time);
        try
        {
            do
            {
                tell(tally.Progress());
            }
            while (await timer.WaitForNextTickAsync(done));
        }
        catch (OperationCanceledException) when (done.IsCancellationRequested)
        {
            // The load is over.
        }
    }
}
