namespace Orchestrator.Load.Arrivals;

/// <summary>A connection may send as soon as it asks, until the time or the number of requests is over.</summary>
/// <param name="time">The clock.</param>
/// <param name="end">Timestamp from which no request is sent.</param>
/// <param name="requests">Requests to send in all.</param>
internal sealed class ClosedLoop(TimeProvider time, long end, int requests) : IArrivals
{
    private int _next = -1;
    private volatile bool _stopped;

    public ValueTask<Arrival> NextAsync(long freeSince)
    {
        var now = time.GetTimestamp();
        if (_stopped || now >= end)
        {
            return new(Arrival.None);
        }

        var index = Interlocked.Increment(ref _next);
        if (index >= requests || index < 0)
        {
            _stopped = true;
            return new(Arrival.None);
        }

        return new(new Arrival(index, now));
    }

    public void Stop() => _stopped = true;
}
