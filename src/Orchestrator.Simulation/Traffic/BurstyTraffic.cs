namespace Orchestrator.Simulation.Traffic;

/// <summary>On and off by turns, each for an exponential time; while on, Poisson at twice the rate, so that the mean is the rate.</summary>
internal sealed class BurstyTraffic(double rate, double meanPhaseSeconds) : ITraffic
{
    private double _onUntil = double.NaN;

    public double NextGap(double now, SeededRandom random)
    {
        if (double.IsNaN(_onUntil))
        {
            _onUntil = now + (random.NextExponential() * meanPhaseSeconds);
        }

        var at = now;
        while (true)
        {
            var next = at + (random.NextExponential() / (2 * rate));
            if (next <= _onUntil)
            {
                return next - now;
            }

            // Exponential gaps have no memory: what was left of this one may be drawn anew when the next burst begins.
            at = _onUntil + (random.NextExponential() * meanPhaseSeconds);
            _onUntil = at + (random.NextExponential() * meanPhaseSeconds);
        }
    }
}
