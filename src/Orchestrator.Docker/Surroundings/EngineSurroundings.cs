using Orchestrator.Docker.Engine;

namespace Orchestrator.Docker.Surroundings;

/// <summary>How this process and the engine stand to each other; read once, decides how containers are reached and how artefacts get into them. Immutable.</summary>
internal sealed record EngineSurroundings
{
    /// <summary>The API version that is spoken.</summary>
    public required ApiVersion Version { get; init; }

    /// <summary>The engine runs on this very machine, not in a virtual one or elsewhere: bind mounts and bridge addresses are ours, too.</summary>
    public bool IsNative { get; init; }

    /// <summary>The engine has a network of its own (rootless): its bridges cannot be reached from here.</summary>
    public bool IsRootless { get; init; }

    /// <summary>User ids in containers mean others outside.</summary>
    public bool RemapsUsers { get; init; }

    /// <summary>Containers go on when the engine is stopped.</summary>
    public bool HasLiveRestore { get; init; }

    /// <summary>Bind mounts need a label, or none.</summary>
    public bool HasSelinux { get; init; }

    /// <summary>This process's own container on that engine; null: it runs in none of them.</summary>
    public OwnContainer? Own { get; init; }

    /// <summary>Network that containers join; null: the engine's default one.</summary>
    public string? Network { get; init; }

    /// <summary>Where ports are published, for an engine whose bridges cannot be reached: its machine as seen from here.</summary>
    public string PublishedHost { get; init; } = "127.0.0.1";

    /// <summary>User and group of this process.</summary>
    public (uint User, uint Group) Identity { get; init; }

    /// <summary>Bytes of memory of the engine's machine: a container's limit of at least this is none.</summary>
    public long MachineMemory { get; init; }
}

/// <summary>The container that this process runs in.</summary>
/// <param name="Networks">Names of the networks it is in, with whether names are resolved there (all but the default bridge, the host's and none).</param>
/// <param name="Mounts">What is mounted into it.</param>
internal sealed record OwnContainer(IReadOnlyList<(string Name, bool ResolvesNames)> Networks, IReadOnlyList<MountPoint> Mounts);
