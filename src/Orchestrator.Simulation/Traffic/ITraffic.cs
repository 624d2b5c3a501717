namespace Orchestrator.Simulation.Traffic;

/// <summary>When requests of an open loop arrive: nobody waits for an answer before the next is sent.</summary>
internal interface ITraffic
{
    /// <summary>Seconds from one arrival to the next.</summary>
    /// <param name="now">Seconds since the start.</param>
    /// <param name="random">Where chance comes from.</param>
    double NextGap(double now, SeededRandom random);
}
