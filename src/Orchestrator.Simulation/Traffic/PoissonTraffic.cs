namespace Orchestrator.Simulation.Traffic;

/// <summary>Independent callers: exponential gaps.</summary>
internal sealed class PoissonTraffic(double rate) : ITraffic
{
    public double NextGap(double now, SeededRandom random) => random.NextExponential() / rate;
}
