namespace Orchestrator.Load.Tests;

/// <summary>A clock that stands still until a test moves it; timers stay the system's.</summary>
internal sealed class ManualTime : TimeProvider
{
    private long _now = 1_000;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override long GetTimestamp() => Volatile.Read(ref _now);

    public void Advance(TimeSpan by) => Interlocked.Add(ref _now, by.Ticks);
}
