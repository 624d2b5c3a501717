using Orchestrator.Core.Cluster;
using Orchestrator.Core.Runtime;

namespace Orchestrator.Core.Serving;

/// <summary>What a query frontend serves at one revision: Control writes it, frontends read it and acknowledge it. Immutable.</summary>
public sealed record ServingSnapshot
{
    /// <summary>Grows with each publication.</summary>
    public required long Revision { get; init; }

    /// <summary>The applications.</summary>
    public IReadOnlyList<ApplicationSpec> Applications { get; init; } = [];

    /// <summary>The models, whether or not a replica of theirs is ready.</summary>
    public IReadOnlyList<ServedModel> Models { get; init; } = [];

    /// <summary>Before the first publication.</summary>
    public static ServingSnapshot Empty { get; } = new() { Revision = 0 };
}

/// <summary>A model as frontends see it.</summary>
public sealed record ServedModel
{
    /// <summary>Its name.</summary>
    public required string Name { get; init; }

    /// <summary>Where calls go that name no version; null while none was ever ready.</summary>
    public string? ServingVersion { get; init; }

    /// <summary>Time for a <c>/v2</c> call.</summary>
    public TimeSpan Timeout { get; init; } = ModelSpec.DefaultTimeout;

    /// <summary>The versions that may be called. A retired version is not among them.</summary>
    public IReadOnlyList<ServedVersion> Versions { get; init; } = [];
}

/// <summary>A version as frontends see it.</summary>
public sealed record ServedVersion
{
    /// <summary>Its spec.</summary>
    public required ModelVersionSpec Spec { get; init; }

    /// <summary>Inputs and outputs; null until a replica told them.</summary>
    public ModelSignature? Signature { get; init; }

    /// <summary>The replicas that are Ready; may be empty.</summary>
    public IReadOnlyList<ReplicaEndpoint> Replicas { get; init; } = [];

    /// <summary>Why there is none ready, for people; null if there is.</summary>
    public string? Reason { get; init; }
}

/// <summary>A replica that may be called.</summary>
public sealed record ReplicaEndpoint
{
    /// <summary>Its id.</summary>
    public required ReplicaId Id { get; init; }

    /// <summary>Where it answers.</summary>
    public required ContainerAddress Address { get; init; }

    /// <summary>Whether it lists <c>binary_tensor_data</c>; otherwise tensors travel as JSON.</summary>
    public bool BinaryTensors { get; init; } = true;

    /// <summary>Batches it computes at the same time.</summary>
    public int Concurrency { get; init; } = 1;

    /// <summary>Most rows it may be sent (fixed batch dimension); null: no limit of its own.</summary>
    public int? MaxBatchSize { get; init; }

    /// <summary>Measured by warm-up: seeds the latency profile.</summary>
    public IReadOnlyList<BatchLatency> WarmUp { get; init; } = [];
}

/// <summary>A measured batch.</summary>
/// <param name="Rows">Rows in the batch.</param>
/// <param name="Duration">From sending the request to the last byte of the answer.</param>
public readonly record struct BatchLatency(int Rows, TimeSpan Duration);

/// <summary>Inputs and outputs of a model version (OIP model metadata).</summary>
public sealed record ModelSignature
{
    /// <summary>As the container says: <c>sklearn</c>, <c>onnxruntime</c>, ...</summary>
    public string Platform { get; init; } = "";

    /// <summary>Inputs in the model's order.</summary>
    public required IReadOnlyList<TensorSignature> Inputs { get; init; }

    /// <summary>Outputs in the model's order.</summary>
    public required IReadOnlyList<TensorSignature> Outputs { get; init; }

    /// <summary>Names of inputs that a request may leave out.</summary>
    public IReadOnlyList<string> OptionalInputs { get; init; } = [];

    /// <summary>What the container warns of (artefact from another library version, outputs left out).</summary>
    public IReadOnlyList<string> Warnings { get; init; } = [];

    /// <summary>Everything the container said of itself under <c>properties</c>.</summary>
    public IReadOnlyDictionary<string, string> Properties { get; init; } = new Dictionary<string, string>();
}

/// <summary>One input or output.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Datatype">OIP name: <c>FP64</c>, <c>BYTES</c>, ...</param>
/// <param name="Shape">Dimension 0 is the batch; -1 is variable.</param>
public sealed record TensorSignature(string Name, string Datatype, IReadOnlyList<long> Shape);
