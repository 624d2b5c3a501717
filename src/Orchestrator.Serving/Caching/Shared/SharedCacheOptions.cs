using System.ComponentModel.DataAnnotations;

namespace Orchestrator.Serving.Caching.Shared;

/// <summary>How this process uses a prediction store that it shares with others.</summary>
public sealed class SharedCacheOptions
{
    /// <summary>Default of <see cref="ReadShare"/>.</summary>
    public const double DefaultReadShare = 0.2;

    /// <summary>Default of <see cref="MaxValueBytes"/>: 1 MiB.</summary>
    public const int DefaultMaxValueBytes = 1024 * 1024;

    /// <summary>Default of <see cref="TtlJitter"/>.</summary>
    public const double DefaultTtlJitter = 0.1;

    /// <summary>Default of <see cref="MostPendingWrites"/>.</summary>
    public const int DefaultMostPendingWrites = 4096;

    /// <summary>Default of <see cref="MostPendingWriteBytes"/>: 32 MiB.</summary>
    public const long DefaultMostPendingWriteBytes = 32L * 1024 * 1024;

    /// <summary>Default of <see cref="FlightShare"/>.</summary>
    public const double DefaultFlightShare = 0.5;

    /// <summary>Default of <see cref="FlightLease"/>: 1 s.</summary>
    public static readonly TimeSpan DefaultFlightLease = TimeSpan.FromSeconds(1);

    /// <summary>Default of <see cref="LongestRead"/>: 20 ms.</summary>
    public static readonly TimeSpan DefaultLongestRead = TimeSpan.FromMilliseconds(20);

    /// <summary>Default of <see cref="WriteTimeout"/>: 1 s.</summary>
    public static readonly TimeSpan DefaultWriteTimeout = TimeSpan.FromSeconds(1);

    /// <summary>Default of <see cref="BreakFor"/>: 1 s.</summary>
    public static readonly TimeSpan DefaultBreakFor = TimeSpan.FromSeconds(1);

    /// <summary>Share of the time left to a request's deadline that a read may take. Default 0.2.</summary>
    [Range(0.01, 0.9)]
    public double ReadShare { get; set; } = DefaultReadShare;

    /// <summary>Most time a read may take, however late the deadline. Default 20 ms.</summary>
    [Range(typeof(TimeSpan), "00:00:00.001", "00:01:00")]
    public TimeSpan LongestRead { get; set; } = DefaultLongestRead;

    /// <summary>Largest value that is written or believed, in bytes. Default 1 MiB.</summary>
    [Range(64, 512 * 1024 * 1024)]
    public int MaxValueBytes { get; set; } = DefaultMaxValueBytes;

    /// <summary>Share by which the time to live is shortened at random, so that what was written together does not expire together. Default 0.1.</summary>
    [Range(0, 0.9)]
    public double TtlJitter { get; set; } = DefaultTtlJitter;

    /// <summary>Answers that may wait to be written; one more is not written. Default 4096.</summary>
    [Range(1, 1_000_000)]
    public int MostPendingWrites { get; set; } = DefaultMostPendingWrites;

    /// <summary>Bytes of outputs that may wait to be written. Default 32 MiB.</summary>
    [Range(1, long.MaxValue)]
    public long MostPendingWriteBytes { get; set; } = DefaultMostPendingWriteBytes;

    /// <summary>How long a write is waited for. Default 1 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00.01", "00:01:00")]
    public TimeSpan WriteTimeout { get; set; } = DefaultWriteTimeout;

    /// <summary>How long a store that failed is left alone before one read tries it again. Default 1 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00.5", "00:10:00")]
    public TimeSpan BreakFor { get; set; } = DefaultBreakFor;

    /// <summary>Share of the time left to a request's deadline that it may wait for the same answer from another process, where the model asks for that. Default 0.5.</summary>
    [Range(0.01, 0.9)]
    public double FlightShare { get; set; } = DefaultFlightShare;

    /// <summary>How long others wait for a process that computes an answer for them and gives no sign of life; a living one renews three times as often. Default 1 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00.1", "00:01:00")]
    public TimeSpan FlightLease { get; set; } = DefaultFlightLease;
}
