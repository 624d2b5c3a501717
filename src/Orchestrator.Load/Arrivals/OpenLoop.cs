using System.Threading.Channels;

using Orchestrator.Load.Running;

namespace Orchestrator.Load.Arrivals;

/// <summary>
/// Requests become due at times of their own whatever the connections do; a free connection takes the one that has been due longest, and its latency counts from when
/// it was due. What is still waiting when the load has been over for <see cref="Grace"/> is counted as unsent, with the time it waited.
/// </summary>
internal sealed class OpenLoop : IArrivals
{
    private static readonly TimeSpan Grace = TimeSpan.FromMilliseconds(100);
    private readonly Channel<Arrival> _due = Channel.CreateUnbounded<Arrival>(new UnboundedChannelOptions { SingleWriter = true });
    private readonly TimeProvider _time;
    private readonly LoadTally _tally;
    private readonly LoadPlan _plan;
    private readonly long _start;
    private volatile bool _stopped;

    public OpenLoop(TimeProvider time, LoadPlan plan, LoadTally tally, long start)
    {
        _time = time;
        _plan = plan;
        _tally = tally;
        _start = start;
        // A thread of its own, because the thread pool's timers are as coarse as a millisecond. It ends at the latest with the plan's duration.
        new Thread(Pace) { IsBackground = true, Name = "load pacer" }.Start();
    }

    public async ValueTask<Arrival> NextAsync(long freeSince)
    {
        while (await _due.Reader.WaitToReadAsync())
        {
            while (_due.Reader.TryRead(out var arrival))
            {
                if (!_stopped && _time.GetElapsedTime(_start) < _plan.Duration + Grace)
                {
                    return arrival;
                }

                _tally.RecordUnsent(arrival, freeSince);
            }
        }

        return Arrival.None;
    }

    public void Stop() => _stopped = true;

    private void Pace()
    {
        var schedule = new ArrivalSchedule(_plan.Rate!.Value, _plan.Seed, _plan.Arrivals);
        var ticksToTimestamp = (double)_time.TimestampFrequency / TimeSpan.TicksPerSecond;
        PreciseSleep.SharpenThisThread();
        for (var index = 0; index < (_plan.Requests ?? int.MaxValue); index++)
        {
            var due = schedule.Next();
            if (due >= _plan.Duration || !WaitUntil(due))
            {
                break;
            }

            _due.Writer.TryWrite(new Arrival(index, _start + (long)(due.Ticks * ticksToTimestamp)));
        }

        _due.Writer.Complete();
    }

    private bool WaitUntil(TimeSpan due)
    {
        while (!_stopped)
        {
            var left = due - _time.GetElapsedTime(_start);
            if (left <= TimeSpan.Zero)
            {
                return true;
            }

            // In slices, so that a stop is seen soon.
            PreciseSleep.For(left < Grace ? left : Grace);
        }

        return false;
    }
}
