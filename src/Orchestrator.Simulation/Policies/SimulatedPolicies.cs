using Orchestrator.Serving.Batching;

namespace Orchestrator.Simulation.Policies;

/// <summary>The policies that can be simulated: all that can serve, and <c>fifo</c>.</summary>
public static class SimulatedPolicies
{
    /// <summary>Names, the reference first, the default last.</summary>
    public static IReadOnlyList<string> Names { get; } = [FifoPolicy.PolicyName, .. BatchPolicies.Names];

    internal static IBatchPolicy Get(string name) => name == FifoPolicy.PolicyName ? new FifoPolicy() : BatchPolicies.Get(name);
}
