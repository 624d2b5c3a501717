namespace Orchestrator.Serving.Queueing;

/// <summary>One timer for all deadlines of a queue, armed for the earliest: an idle queue costs nothing, a request none of its own. Under its queue's lock.</summary>
internal sealed class DeadlineTimer : IDisposable
{
    private readonly TimeProvider _time;
    private readonly ITimer _timer;
    private readonly Timescale _scale;
    private long _armedFor = long.MaxValue;
    private long _ticksAt = long.MaxValue;

    /// <param name="time">The clock.</param>
    /// <param name="tick">What is due; called without the queue's lock.</param>
    public DeadlineTimer(TimeProvider time, Action tick)
    {
        _time = time;
        _scale = Timescale.Of(time);
        _timer = time.CreateTimer(static state => ((Action)state!)(), tick, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Ticks at <paramref name="at"/> or earlier; max: nothing is due.</summary>
    public void Arm(long at)
    {
        if (at >= _armedFor)
        {
            return;
        }

        // Timers tick in whole milliseconds; a shorter due time would fire early and again and again.
        _armedFor = at;
        var now = _time.GetTimestamp();
        var due = TimeSpan.FromMilliseconds(Math.Max(1, Math.Ceiling(_time.GetElapsedTime(now, at).TotalMilliseconds)));
        var ticksAt = now + _scale.ToTimestamps(due);
        if (ticksAt >= _ticksAt)
        {
            // With each arrival a hold ends a few microseconds sooner. Each change wakes the runtime's timer thread, and would make nothing tick any sooner.
            return;
        }

        _ticksAt = ticksAt;
        _timer.Change(due, Timeout.InfiniteTimeSpan);
    }

    /// <summary>It ticked: it is armed for nothing now.</summary>
    public void Ticked() => (_armedFor, _ticksAt) = (long.MaxValue, long.MaxValue);

    public void Dispose() => _timer.Dispose();
}
