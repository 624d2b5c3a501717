namespace Orchestrator.Load.Arrivals;

/// <summary>Times of a Poisson process: the gaps are independent and exponential with mean 1/rate. The same seed gives the same times.</summary>
/// <param name="rate">Arrivals per second on average.</param>
/// <param name="seed">Of the random numbers.</param>
internal sealed class ArrivalSchedule(double rate, int seed)
{
    // The gaps shape a measurement, they guard nothing: a fast generator that repeats is what is wanted.
#pragma warning disable CA5394
    private readonly Random _random = new(seed);
    private double _seconds;

    /// <summary>The next arrival, as an offset from the start.</summary>
    public TimeSpan Next()
    {
        _seconds += -Math.Log(1 - _random.NextDouble()) / rate;
        return TimeSpan.FromSeconds(_seconds);
    }
#pragma warning restore CA5394
}
