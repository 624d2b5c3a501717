namespace Orchestrator.Simulation.Traffic;

/// <summary>Poisson at half the rate, then from one moment on at twice the rate.</summary>
internal sealed class StepTraffic(double rate, double stepAtSeconds) : ITraffic
{
    public const double Before = 0.5;
    public const double After = 2;

    public double NextGap(double now, SeededRandom random)
    {
        if (now < stepAtSeconds)
        {
            var gap = random.NextExponential() / (rate * Before);
            if (now + gap <= stepAtSeconds)
            {
                return gap;
            }

            return stepAtSeconds - now + (random.NextExponential() / (rate * After));
        }

        return random.NextExponential() / (rate * After);
    }
}
