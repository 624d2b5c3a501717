namespace Orchestrator.Docker;

/// <summary>How containers run under a Docker engine.</summary>
public sealed record DockerRuntimeOptions
{
    /// <summary>Default of <see cref="ImagePrefix"/>.</summary>
    public const string DefaultImagePrefix = "orchestrator-";

    /// <summary>Default of <see cref="DrainTime"/>.</summary>
    public static readonly TimeSpan DefaultDrainTime = TimeSpan.FromSeconds(10);

    /// <summary>Default of <see cref="EndedLogs"/>.</summary>
    public const int DefaultEndedLogs = 100;

    /// <summary>Folder of this runtime alone, for its identity and for sockets; made if it is missing. One orchestrator at a time uses it.</summary>
    public required string WorkFolder { get; init; }

    /// <summary>The image of a version that names none is this, its framework, and <c>:latest</c>. Default <c>orchestrator-</c>.</summary>
    public string ImagePrefix { get; init; } = DefaultImagePrefix;

    /// <summary>Network that containers join. Null: that of the orchestrator's own container, else the engine's default one.</summary>
    public string? Network { get; init; }

    /// <summary>Told to containers as <c>ORCHESTRATOR_DRAIN_SECONDS</c>. Default 10 s.</summary>
    public TimeSpan DrainTime { get; init; } = DefaultDrainTime;

    /// <summary>How many ended containers can still be asked for their last lines. Default 100.</summary>
    public int EndedLogs { get; init; } = DefaultEndedLogs;
}
