namespace Orchestrator.Processes;

/// <summary>How containers run as child processes.</summary>
public sealed record ProcessRuntimeOptions
{
    /// <summary>Default of <see cref="ShutdownGrace"/>.</summary>
    public static readonly TimeSpan DefaultShutdownGrace = TimeSpan.FromSeconds(10);

    /// <summary>Default of <see cref="DrainTime"/>.</summary>
    public static readonly TimeSpan DefaultDrainTime = TimeSpan.FromSeconds(10);

    /// <summary>Default of <see cref="LogBytes"/>.</summary>
    public const long DefaultLogBytes = 4 * 1024 * 1024;

    /// <summary>Default of <see cref="EndedLogs"/>.</summary>
    public const int DefaultEndedLogs = 100;

    /// <summary>Folder of this runtime alone, for logs and working directories; made if it is missing. One orchestrator at a time uses it (the registry's lock sees to that).</summary>
    public required string WorkFolder { get; init; }

    /// <summary>Where built .NET containers lie: <c>{folder}/{project name}/release|debug</c>. Null: <c>artifacts/bin</c> beside the folder of the containers. What was published into a container's own <c>bin</c> is found as well.</summary>
    public string? BuildFolder { get; init; }

    /// <summary>How long containers may drain when the runtime is disposed; what is left is killed. Default 10 s.</summary>
    public TimeSpan ShutdownGrace { get; init; } = DefaultShutdownGrace;

    /// <summary>Told to containers as <c>ORCHESTRATOR_DRAIN_SECONDS</c>. Default 10 s.</summary>
    public TimeSpan DrainTime { get; init; } = DefaultDrainTime;

    /// <summary>Bytes of log that are kept per container, at most. Default 4 MiB.</summary>
    public long LogBytes { get; init; } = DefaultLogBytes;

    /// <summary>How many ended containers can still be asked for their log. Default 100.</summary>
    public int EndedLogs { get; init; } = DefaultEndedLogs;
}
