namespace Orchestrator.Protocol;

/// <summary>Names of the wire that both sides must spell alike (docs/container-contract.md).</summary>
public static class ContractNames
{
    /// <summary>Length in bytes of the JSON before the first binary tensor.</summary>
    public const string HeaderLength = "Inference-Header-Content-Length";

    /// <summary>Remaining budget in milliseconds.</summary>
    public const string DeadlineMs = "Orchestrator-Deadline-Ms";

    /// <summary>Microseconds a batch waited in the container.</summary>
    public const string QueueUs = "Orchestrator-Queue-Us";

    /// <summary>Microseconds inside the batch function.</summary>
    public const string ComputeUs = "Orchestrator-Compute-Us";

    /// <summary>The version that computed the answer.</summary>
    public const string ModelVersion = "Orchestrator-Model-Version";

    /// <summary>Marks a 503 that is no failure.</summary>
    public const string Busy = "Orchestrator-Busy";

    /// <summary>Server metadata extension: raw tensors.</summary>
    public const string BinaryExtension = "binary_tensor_data";

    /// <summary>Server metadata extension: the extras of this repository's containers, version 1.</summary>
    public const string ContainerExtension = "orchestrator_container_1";

    /// <summary>Response parameter with per-row failures.</summary>
    public const string ErrorsParameter = "errors";

    /// <summary>Response parameter: which of the failed rows failed through their input.</summary>
    public const string InvalidRowsParameter = "invalid_rows";

    /// <summary>Content type of a body with binary tensors.</summary>
    public const string BinaryContentType = "application/octet-stream";

    /// <summary>Content type of JSON.</summary>
    public const string JsonContentType = "application/json";
}
