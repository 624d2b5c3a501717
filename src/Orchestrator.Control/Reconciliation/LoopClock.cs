namespace Orchestrator.Control.Reconciliation;

/// <summary>One clock for everything the loop decides: monotonic since its start, and the wall for people.</summary>
internal sealed class LoopClock(TimeProvider time)
{
    private readonly long _start = time.GetTimestamp();

    public TimeSpan Now => time.GetElapsedTime(_start);

    public DateTimeOffset UtcNow => time.GetUtcNow();
}
