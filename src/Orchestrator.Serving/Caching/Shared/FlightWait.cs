using Orchestrator.Core;
using Orchestrator.Core.Time;

namespace Orchestrator.Serving.Caching.Shared;

/// <summary>How long an item may wait for another process: a share of the time of whoever among its callers has the least.</summary>
internal sealed class FlightWait(double share, TimeProvider time)
{
    /// <summary>A quarter of the wait so far: late by little for long waits, and few questions to the store.</summary>
    private const double PauseShare = 0.25;
    private static readonly TimeSpan LeastPause = TimeSpan.FromMilliseconds(5);
    private static readonly TimeSpan MostPause = TimeSpan.FromMilliseconds(100);

    private readonly ChangeSignal _shortened = new();
    private readonly long _began = time.GetTimestamp();
    private long _until = long.MaxValue;

    /// <summary>Whether the share is used up.</summary>
    public bool IsOver => time.GetTimestamp() >= Volatile.Read(ref _until);

    /// <summary>Counts a caller in whose answer is due at <paramref name="deadline"/> (timestamp).</summary>
    public void Include(long deadline)
    {
        var until = Deadline.After(time, new Deadline(deadline).Remaining(time) * share).Timestamp;
        for (var seen = Volatile.Read(ref _until); until < seen;)
        {
            var found = Interlocked.CompareExchange(ref _until, until, seen);
            if (found == seen)
            {
                _shortened.Notify();
                return;
            }

            seen = found;
        }
    }

    /// <summary>Ends when it is time to look again, or earlier.</summary>
    public Task PauseAsync()
    {
        var shortened = _shortened.NextAsync();
        var pause = time.GetElapsedTime(_began) * PauseShare;
        pause = pause < LeastPause ? LeastPause : pause > MostPause ? MostPause : pause;
        var left = new Deadline(Volatile.Read(ref _until)).Remaining(time);
        return left <= TimeSpan.Zero ? Task.CompletedTask : Task.WhenAny(Task.Delay(pause < left ? pause : left, time), shortened);
    }
}
