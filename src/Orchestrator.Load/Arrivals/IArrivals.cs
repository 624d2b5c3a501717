namespace Orchestrator.Load.Arrivals;

/// <summary>Says to each connection which request to send next, and when it was meant to be sent.</summary>
internal interface IArrivals
{
    /// <summary>The next request, at the time when it is to be sent; <see cref="Arrival.None"/> once the load is over. Called by all connections at once.</summary>
    /// <param name="freeSince">Timestamp from which the connection could have sent; 0: from the start.</param>
    ValueTask<Arrival> NextAsync(long freeSince);

    /// <summary>Ends the load: no further request.</summary>
    void Stop();
}

/// <summary>One request to send.</summary>
/// <param name="Index">Counts from 0.</param>
/// <param name="Intended">Timestamp from which its latency counts.</param>
internal readonly record struct Arrival(int Index, long Intended)
{
    public static Arrival None { get; } = new(-1, 0);

    public bool IsNone => Index < 0;
}
