using System.ComponentModel.DataAnnotations;

namespace Orchestrator.Redis;

/// <summary>Where Redis is and how it is used. The password is in no text that this makes.</summary>
public sealed class RedisOptions
{
    /// <summary>Redis's own port, for endpoints that name none.</summary>
    public const int DefaultPort = 6379;

    /// <summary>Default of <see cref="KeyPrefix"/>.</summary>
    public const string DefaultKeyPrefix = "orchestrator:";

    /// <summary>Default of <see cref="MostPendingCalls"/>.</summary>
    public const int DefaultMostPendingCalls = 4096;

    /// <summary>Default of <see cref="MostPendingBytes"/>: 16 MiB.</summary>
    public const long DefaultMostPendingBytes = 16 * 1024 * 1024;

    /// <summary>Default of <see cref="Silence"/>.</summary>
    public static readonly TimeSpan DefaultSilence = TimeSpan.FromMilliseconds(500);

    /// <summary>Default of <see cref="ConnectTimeout"/>.</summary>
    public static readonly TimeSpan DefaultConnectTimeout = TimeSpan.FromSeconds(2);

    private static readonly TimeSpan StateSilence = TimeSpan.FromSeconds(2);

    /// <summary><c>host</c> or <c>host:port</c>, several for a cluster or a primary with replicas. At least one.</summary>
    public IReadOnlyList<string> Endpoints { get; set; } = [];

    /// <summary>ACL user; refused, because the client has none.</summary>
    public string? User { get; set; }

    /// <summary>Password of the default user; null: none.</summary>
    public string? Password { get; set; }

    /// <summary>Whether the connection is TLS, with a certificate that this machine trusts for the endpoint's name. Default false.</summary>
    public bool Tls { get; set; }

    /// <summary>Begins every key, so that others may share the database. Default <c>orchestrator:</c>.</summary>
    public string KeyPrefix { get; set; } = DefaultKeyPrefix;

    /// <summary>Commands that may be without a reply; one more is refused. Default 4096.</summary>
    [Range(1, 1_000_000)]
    public int MostPendingCalls { get; set; } = DefaultMostPendingCalls;

    /// <summary>Bytes of values that may be on their way. Default 16 MiB.</summary>
    [Range(1, long.MaxValue)]
    public long MostPendingBytes { get; set; } = DefaultMostPendingBytes;

    /// <summary>A connection that gives no reply for so long while one is due is dropped and opened anew. Default 500 ms.</summary>
    [Range(typeof(TimeSpan), "00:00:00.05", "00:01:00")]
    public TimeSpan Silence { get; set; } = DefaultSilence;

    /// <summary>How long opening a connection may take. Default 2 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00.1", "00:01:00")]
    public TimeSpan ConnectTimeout { get; set; } = DefaultConnectTimeout;

    /// <summary>The same for a connection that carries state: it is not dropped for a hiccup that a cache would rather do without.</summary>
    internal RedisOptions ForState() => new()
    {
        Endpoints = Endpoints, User = User, Password = Password, Tls = Tls, KeyPrefix = KeyPrefix, ConnectTimeout = ConnectTimeout, Silence = Silence > StateSilence ? Silence : StateSilence,
    };

    /// <summary>The endpoints, for people.</summary>
    public override string ToString() => $"Redis at {string.Join(", ", Endpoints)}{(Tls ? " (TLS)" : "")}";
}
