using Orchestrator.Core;
using Orchestrator.Core.Cluster;
using Orchestrator.Core.Runtime;
using Orchestrator.Core.Serving;

namespace Orchestrator.Benchmarks.InProcess;

/// <summary>Describes containers that run already to a data plane of the benchmark's own: per batching policy one version, all with the same replicas.</summary>
internal static class ContainerSnapshot
{
    /// <param name="model">The model's name, also the container's.</param>
    /// <param name="slo">Of the application that asks it; the policies aim at it.</param>
    /// <param name="width">Values per row.</param>
    /// <param name="datatype">Of the input.</param>
    /// <param name="replicas">Where they listen.</param>
    /// <param name="policies">The versions, by policy.</param>
    public static ServingSnapshot Of(string model, TimeSpan slo, int width, string datatype, IReadOnlyList<Uri> replicas, IReadOnlyList<string> policies) => new()
    {
        Revision = 1,
        Models = [new ServedModel { Name = model, ServingVersion = policies[^1], Versions = [.. policies.Select(policy => Version(model, policy, width, datatype, replicas))] }],
        Applications = [new ApplicationSpec { Name = model, Slo = new SloSpec { Latency = slo }, Selection = new SelectionSpec { Targets = [new SelectionTarget { Model = model }] } }],
    };

    private static ServedVersion Version(string model, string policy, int width, string datatype, IReadOnlyList<Uri> replicas) => new()
    {
        Spec = new ModelVersionSpec { Version = policy, Framework = "custom", Batching = new BatchingSpec { Policy = policy }, Cache = new CacheSpec { Enabled = false }, QueueCapacity = 16 * 1024 },
        Signature = new ModelSignature { Inputs = [new TensorSignature("input", datatype, [-1, width])], Outputs = [new TensorSignature("output", "INT64", [-1])] },
        Replicas =
        [
            .. replicas.Select((uri, i) => new ReplicaEndpoint { Id = new ReplicaId(new ModelVersionId(model, policy), $"r{i}"), Address = new ContainerAddress(uri.Host, uri.Port) }),
        ],
    };
}
