using Orchestrator.Serving.Queueing;

namespace Orchestrator.Simulation.Running;

/// <summary>One replica: idle, or busy with one batch.</summary>
internal sealed class SimulatedReplica
{
    /// <summary>Rows the policy allows it.</summary>
    public int Limit { get; set; }

    public bool IsBusy { get; set; }

    public FormedBatch<SimulatedRequest> Batch { get; set; }

    public long SentAt { get; set; }
}
