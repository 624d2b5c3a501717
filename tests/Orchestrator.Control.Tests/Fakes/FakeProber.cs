using Orchestrator.Control.Probing;
using Orchestrator.Core;
using Orchestrator.Core.Cluster;
using Orchestrator.Core.Runtime;
using Orchestrator.Core.Serving;

namespace Orchestrator.Control.Tests.Fakes;

/// <summary>Answers for containers as a test says; by default each is ready at once.</summary>
internal sealed class FakeProber : IReplicaProber
{
    public static readonly ReplicaContract Contract = new(
        new ModelSignature { Inputs = [new TensorSignature("x", "FP64", [-1, 2])], Outputs = [new TensorSignature("y", "FP64", [-1])] }, true, null, null);

    public Func<ModelVersionId, Task<ProbeOutcome>> OnProbe { get; set; } = _ => Task.FromResult(ProbeOutcome.Usable(Contract));

    public Func<ModelVersionId, Task<WarmUpOutcome>> OnWarmUp { get; set; } =
        _ => Task.FromResult(new WarmUpOutcome([new BatchLatency(1, TimeSpan.FromMilliseconds(1))], null, null));

    public Func<ContainerAddress, string?> OnCheck { get; set; } = _ => null;

    public IProbeSession Open(ContainerAddress address) => new Session(this, address);

    private sealed class Session(FakeProber prober, ContainerAddress address) : IProbeSession
    {
        public Task<ProbeOutcome> ProbeAsync(ModelVersionId id, TimeSpan budget, CancellationToken cancellationToken) =>
            prober.OnProbe(id).WaitAsync(cancellationToken);

        public Task<WarmUpOutcome> WarmUpAsync(ModelVersionId id, ReplicaContract contract, BatchingSpec batching, TimeSpan budget, CancellationToken cancellationToken) =>
            prober.OnWarmUp(id).WaitAsync(cancellationToken);

        public Task<string?> CheckAsync(CancellationToken cancellationToken) => Task.FromResult(prober.OnCheck(address));

        public void Dispose()
        {
        }
    }
}
