using Orchestrator.Simulation.Traffic;

namespace Orchestrator.Simulation;

/// <summary>One run: one policy, one kind of traffic, one load.</summary>
public sealed record SimulationPlan
{
    /// <summary>A batching policy's name, or <c>fifo</c>.</summary>
    public required string Policy { get; init; }

    /// <summary>Kind of traffic.</summary>
    public Trace Trace { get; init; } = Trace.Poisson;

    /// <summary>Requests per second on average, as a multiple of each model's <see cref="SimulatedModelPlan.Capacity"/>.</summary>
    public double Load { get; init; } = 1;

    /// <summary>Callers, for <see cref="Trace.Closed"/>.</summary>
    public int Clients { get; init; } = 64;

    /// <summary>Requests per model.</summary>
    public long Requests { get; init; } = 100_000;

    /// <summary>Share of the requests that come first and do not count. Default 0.05.</summary>
    public double WarmUpShare { get; init; } = 0.05;

    /// <summary>Equal seeds give equal results.</summary>
    public ulong Seed { get; init; } = 1;

    /// <summary>At least one; each has its own replicas, queue and traffic.</summary>
    public required IReadOnlyList<SimulatedModelPlan> Models { get; init; }
}
