using Orchestrator.Simulation.Latency;

namespace Orchestrator.Simulation;

/// <summary>One model of a simulated cluster.</summary>
public sealed record SimulatedModelPlan
{
    /// <summary>For people.</summary>
    public string Name { get; init; } = "model";

    /// <summary>How long its batches take.</summary>
    public required LatencyModel Latency { get; init; }

    /// <summary>Most rows in a batch.</summary>
    public int MaxRows { get; init; } = 16;

    /// <summary>Replicas, each with one batch at a time. Default 1.</summary>
    public int Replicas { get; init; } = 1;

    /// <summary>Time within which a request must be answered; with several, each request draws one. At least one.</summary>
    public IReadOnlyList<TimeSpan> Slos { get; init; } = [TimeSpan.FromMilliseconds(50)];

    /// <summary>How long a batch that is not full may wait, for the policies that know a delay.</summary>
    public TimeSpan Delay { get; init; }

    /// <summary>Most requests that may wait. Default 4096, as in a spec.</summary>
    public int QueueCapacity { get; init; } = Core.Cluster.ModelVersionSpec.DefaultQueueCapacity;

    /// <summary>How many times longer than usual the warm-up's batches take: containers start on busy machines, and their first calls are cold. Default 1.</summary>
    public double ColdStart { get; init; } = 1;

    /// <summary>Rows per second that its replicas can do at best within the tightest SLO: a load of 1.</summary>
    public double Capacity => Latency.BestRate(MaxRows, Slos.Min()) * Replicas;
}
