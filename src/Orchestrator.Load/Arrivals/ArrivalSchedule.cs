namespace Orchestrator.Load.Arrivals;

/// <summary>Times of arrivals: of a Poisson process (the gaps are independent and exponential with mean 1/rate; the same seed gives the same times), or at equal distances.</summary>
/// <param name="rate">Arrivals per second on average.</param>
/// <param name="seed">Of the random numbers.</param>
/// <param name="pattern">Which of the two.</param>
internal sealed class ArrivalSchedule(double rate, int seed, ArrivalPattern pattern = ArrivalPattern.Poisson)
{
    // The gaps shape a measurement, they guard nothing: a fast generator that repeats is what is wanted.
#pragma warning disable CA5394
    private readonly Random _random = new(seed);
    private double _seconds;

    /// <summary>The next arrival, as an offset from the start.</summary>
    public TimeSpan Next()
    {
        _seconds += (pattern == ArrivalPattern.Constant ? 1 : -Math.Log(1 - _random.NextDouble())) / rate;
        return TimeSpan.FromSeconds(_seconds);
    }
#pragma warning restore CA5394
}
