namespace Orchestrator.Simulation.Traffic;

/// <summary>The kinds of traffic.</summary>
public enum Trace
{
    /// <summary>Independent callers: exponential gaps.</summary>
    Poisson,
    /// <summary>Clustered: gamma gaps with a coefficient of variation of 4.</summary>
    Gamma,
    /// <summary>On at twice the rate and off by turns, 250 ms each on average.</summary>
    Bursty,
    /// <summary>Half the rate, then from the middle of the run on twice the rate.</summary>
    Step,
    /// <summary>So many callers that each ask again 100 µs (on average) after they have their answer, 10 ms after a refusal.</summary>
    Closed,
}

/// <summary>Makes the traffic of a trace.</summary>
internal static class Traces
{
    public const double GammaVariation = 4;
    public const double PhaseSeconds = 0.25;

    /// <summary>Mean time from an answer to the same caller's next question.</summary>
    public const double TurnaroundSeconds = 100e-6;

    /// <summary>Mean time from a refusal at the door to the same caller's next question.</summary>
    public const double BackOffSeconds = 10e-3;

    /// <summary>The traffic of an open trace.</summary>
    /// <param name="trace">Not <see cref="Trace.Closed"/>.</param>
    /// <param name="rate">Requests per second on average.</param>
    /// <param name="requests">How many there will be.</param>
    public static ITraffic Open(Trace trace, double rate, long requests) => trace switch
    {
        Trace.Poisson => new PoissonTraffic(rate),
        Trace.Gamma => new GammaTraffic(rate, GammaVariation),
        Trace.Bursty => new BurstyTraffic(rate, PhaseSeconds),
        Trace.Step => new StepTraffic(rate, requests / (rate * (StepTraffic.Before + StepTraffic.After))),
        _ => throw new ArgumentOutOfRangeException(nameof(trace), trace, "an open trace is needed"),
    };
}
