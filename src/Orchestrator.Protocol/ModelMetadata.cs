namespace Orchestrator.Protocol;

/// <summary>Model metadata (OIP V2, <c>GET /v2/models/{m}</c>).</summary>
public sealed record ModelMetadata
{
    /// <summary>Name of the model.</summary>
    public required string Name { get; init; }

    /// <summary>Versions that can be called.</summary>
    public IReadOnlyList<string> Versions { get; init; } = [];

    /// <summary>Which framework.</summary>
    public string Platform { get; init; } = "";

    /// <summary>Inputs; -1 is a variable dimension, dimension 0 the batch.</summary>
    public required IReadOnlyList<TensorMetadata> Inputs { get; init; }

    /// <summary>Outputs.</summary>
    public required IReadOnlyList<TensorMetadata> Outputs { get; init; }

    /// <summary>Extra: string to string (docs/container-contract.md).</summary>
    public IReadOnlyDictionary<string, string> Properties { get; init; } = new Dictionary<string, string>();
}

/// <summary>Metadata of one tensor.</summary>
/// <param name="Name">Its name.</param>
/// <param name="DataType">Type of its elements.</param>
/// <param name="Shape">Dimensions, -1 variable.</param>
public sealed record TensorMetadata(string Name, DataType DataType, long[] Shape);

/// <summary>Server metadata (OIP V2, <c>GET /v2</c>).</summary>
public sealed record ServerMetadata(string Name, string Version, IReadOnlyList<string> Extensions);
