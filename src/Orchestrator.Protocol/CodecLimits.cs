namespace Orchestrator.Protocol;

/// <summary>Bounds on what a sender can make the codec allocate.</summary>
public sealed record CodecLimits
{
    /// <summary>Most bytes a tensor may have once it is in binary form. Default 256 MiB.</summary>
    public long MaxTensorBytes { get; init; } = 256L * 1024 * 1024;

    /// <summary>Most dimensions. Default 16.</summary>
    public int MaxRank { get; init; } = 16;

    /// <summary>Most inputs or outputs. Default 1024.</summary>
    public int MaxTensors { get; init; } = 1024;

    /// <summary>Deepest nesting of JSON. Default 32.</summary>
    public int MaxDepth { get; init; } = 32;

    /// <summary>The defaults.</summary>
    public static CodecLimits Default { get; } = new();
}
