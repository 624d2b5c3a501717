using System.ComponentModel.DataAnnotations;

namespace Orchestrator.Host;

/// <summary>How this process is tuned. Read once from the command line and the environment, validated, logged, never changed.</summary>
internal sealed class HostOptions
{
    /// <summary>Default of <see cref="QueryPort"/> (Clipper's).</summary>
    public const int DefaultQueryPort = 1337;

    /// <summary>Default of <see cref="AdminPort"/> (Clipper's).</summary>
    public const int DefaultAdminPort = 1338;

    /// <summary>Default of both hosts: nobody else's machine can reach a fresh installation.</summary>
    public const string DefaultAddress = "127.0.0.1";

    /// <summary>Default of <see cref="StateDirectory"/>.</summary>
    public const string DefaultStateDirectory = ".orchestrator";

    /// <summary>Default of <see cref="MaxBodyBytes"/>: 16 MiB.</summary>
    public const int DefaultMaxBodyBytes = 16 * 1024 * 1024;

    /// <summary>Default of <see cref="DrainTimeout"/>: 10 s.</summary>
    public static readonly TimeSpan DefaultDrainTimeout = TimeSpan.FromSeconds(10);

    /// <summary>Default of <see cref="MetricsGrace"/>: 5 min, at least a few scrapes.</summary>
    public static readonly TimeSpan DefaultMetricsGrace = TimeSpan.FromMinutes(5);

    /// <summary>Address the query frontend listens on. Default 127.0.0.1.</summary>
    [Required]
    public string QueryHost { get; set; } = DefaultAddress;

    /// <summary>Port of the query frontend; 0: any free one. Default 1337.</summary>
    [Range(0, 65535)]
    public int QueryPort { get; set; } = DefaultQueryPort;

    /// <summary>Address the admin API listens on. Default 127.0.0.1.</summary>
    [Required]
    public string AdminHost { get; set; } = DefaultAddress;

    /// <summary>Port of the admin API; 0: any free one. Default 1338.</summary>
    [Range(0, 65535)]
    public int AdminPort { get; set; } = DefaultAdminPort;

    /// <summary>Folder of the registry, the artefacts and the containers' logs. Default <c>.orchestrator</c> in the working directory.</summary>
    [Required]
    public string StateDirectory { get; set; } = DefaultStateDirectory;

    /// <summary>Folder with one folder per framework. Default: <c>containers</c> beside the executable or in a folder above it.</summary>
    [Required]
    public string ContainersDirectory { get; set; } = "";

    /// <summary>Default of <see cref="Runtime"/>.</summary>
    public const string DefaultRuntime = "process";

    /// <summary>Default of <see cref="ImagePrefix"/>.</summary>
    public const string DefaultImagePrefix = "orchestrator-";

    /// <summary>Where containers run: <c>process</c> or <c>docker</c>; the cluster file must say the same. Default <c>process</c>.</summary>
    [Required]
    public string Runtime { get; set; } = DefaultRuntime;

    /// <summary>Under docker: the image of a version that names none is this, its framework and <c>:latest</c>. Default <c>orchestrator-</c>.</summary>
    [Required]
    public string ImagePrefix { get; set; } = DefaultImagePrefix;

    /// <summary>Under docker: the network that containers join; empty: that of the orchestrator's own container, else the engine's default one.</summary>
    public string DockerNetwork { get; set; } = "";

    /// <summary>Largest body of a prediction request in bytes, after decompression. Default 16 MiB.</summary>
    [Range(1024, 1024 * 1024 * 1024)]
    public int MaxBodyBytes { get; set; } = DefaultMaxBodyBytes;

    /// <summary>Default of <see cref="CacheMib"/>: 256 MiB.</summary>
    public const int DefaultCacheMib = (int)(Serving.ServingOptions.DefaultCacheBytes / BytesPerMib);

    /// <summary>Most MiB that the prediction cache in this process may hold; 0: no cache, the level in Redis neither. Default 256.</summary>
    [Range(0, 1024 * 1024, ErrorMessage = "--cache-mib: expected 0 (no cache) to 1048576 MiB")]
    public int CacheMib { get; set; } = DefaultCacheMib;

    /// <summary><see cref="CacheMib"/> in bytes.</summary>
    public long CacheBytes => CacheMib * BytesPerMib;

    private const long BytesPerMib = 1024 * 1024;

    /// <summary>How long requests that are in flight may take once the process was asked to end. Default 10 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "01:00:00")]
    public TimeSpan DrainTimeout { get; set; } = DefaultDrainTimeout;

    /// <summary>How long <c>/metrics</c> shows series of a model version or application that is no longer served. Default 5 min.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "24:00:00")]
    public TimeSpan MetricsGrace { get; set; } = DefaultMetricsGrace;

    /// <summary>Redis for the registry and the shared level of the prediction cache: <c>host:port</c>, several separated by commas; null: none, everything stays in this process and its folder.</summary>
    public string? Redis { get; set; }

    /// <summary>ACL user; refused, needs client 2.x.</summary>
    public string? RedisUser { get; set; }

    /// <summary>Redis's password. From the environment only: a command line is visible to every user of the machine.</summary>
    public string? RedisPassword { get; set; }

    /// <summary>File whose first line is Redis's password; null: none.</summary>
    public string? RedisPasswordFile { get; set; }

    /// <summary>Whether Redis is spoken to over TLS. Default false.</summary>
    public bool RedisTls { get; set; }

    /// <summary>Begins every key in Redis. Default <c>orchestrator:</c>.</summary>
    public string RedisPrefix { get; set; } = Orchestrator.Redis.RedisOptions.DefaultKeyPrefix;

    /// <summary>Where the registry is: <c>redis</c> or <c>disk</c>; null: in Redis if there is one.</summary>
    public string? Registry { get; set; }

    /// <summary>Folder of the artefacts, for control planes that share them; null: in the state folder.</summary>
    public string? ArtefactsDirectory { get; set; }

    /// <summary>Whether the registry is in Redis.</summary>
    public bool HasRedisRegistry => Redis is not null && Registry != DiskRegistry;

    /// <summary>A value of <see cref="Registry"/>.</summary>
    public const string DiskRegistry = "disk";

    /// <summary>A value of <see cref="Registry"/>.</summary>
    public const string RedisRegistry = "redis";

    /// <summary>What this process is: <c>control</c>, <c>frontend</c>, <c>all</c> (both) or <c>gateway</c>. Default <c>all</c>.</summary>
    [Required]
    public string Role { get; set; } = AllRoles;

    /// <summary>A value of <see cref="Role"/>: desired state and containers, no predictions.</summary>
    public const string ControlRole = "control";

    /// <summary>A value of <see cref="Role"/>: predictions, no state.</summary>
    public const string FrontendRole = "frontend";

    /// <summary>A value of <see cref="Role"/>: balances over query frontends, for those who have no load balancer.</summary>
    public const string GatewayRole = "gateway";

    /// <summary>Default of <see cref="Role"/>.</summary>
    public const string AllRoles = "all";

    /// <summary>Whether it may be the control plane.</summary>
    public bool HasControl => Role is ControlRole or AllRoles;

    /// <summary>Whether it answers predictions.</summary>
    public bool HasFrontend => Role is FrontendRole or AllRoles;

    /// <summary>Whether it forwards predictions to other processes.</summary>
    public bool IsGateway => Role == GatewayRole;

    /// <summary>Query frontends of a gateway: <c>http://host:port</c>, separated by commas; null: none, as for every other role.</summary>
    public string? Frontends { get; set; }
}
