using Orchestrator.Core.Runtime;

namespace Orchestrator.Control.Probing;

/// <summary>Probes over the container contract (docs/container-contract.md).</summary>
internal sealed class HttpReplicaProber(ControlOptions options, TimeProvider time) : IReplicaProber
{
    public IProbeSession Open(ContainerAddress address) => new HttpProbeSession(ContainerConnection.Open(address), options, time);
}
