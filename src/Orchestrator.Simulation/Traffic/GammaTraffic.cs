namespace Orchestrator.Simulation.Traffic;

/// <summary>Gaps of a gamma distribution; a coefficient of variation above 1 clusters arrivals.</summary>
internal sealed class GammaTraffic(double rate, double variation) : ITraffic
{
    private readonly double _shape = 1 / (variation * variation);

    public double NextGap(double now, SeededRandom random) => random.NextGamma(_shape) / (_shape * rate);
}
