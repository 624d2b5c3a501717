namespace Orchestrator.Container.Noop;

/// <summary>base + perRow * rows, times a lognormal factor of median 1. The same seed gives the same sequence.</summary>
internal sealed class BatchDuration(NoopOptions options)
{
    private readonly Lock _lock = new();
    private readonly Random _random = new(options.Seed);

    public TimeSpan Next(int rows)
    {
        var milliseconds = options.BaseMs + (options.PerRowMs * rows);
        return TimeSpan.FromMilliseconds(options.Noise == 0 ? milliseconds : milliseconds * Factor());
    }

    private double Factor()
    {
        double first, second;
        lock (_lock)
        {
            first = 1 - _random.NextDouble();
            second = _random.NextDouble();
        }

        // Box-Muller: a standard normal number from two uniform ones.
        return Math.Exp(options.Noise * Math.Sqrt(-2 * Math.Log(first)) * Math.Cos(2 * Math.PI * second));
    }
}
