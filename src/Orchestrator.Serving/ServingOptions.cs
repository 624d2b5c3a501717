using System.ComponentModel.DataAnnotations;

namespace Orchestrator.Serving;

/// <summary>How the data plane of this process is tuned.</summary>
public sealed class ServingOptions
{
    /// <summary>Default of <see cref="CacheBytes"/>: 256 MiB.</summary>
    public const long DefaultCacheBytes = 256L * 1024 * 1024;

    /// <summary>Default of <see cref="HungBatch"/>.</summary>
    public static readonly TimeSpan DefaultHungBatch = TimeSpan.FromSeconds(5);

    /// <summary>Default of <see cref="ReportInterval"/>.</summary>
    public static readonly TimeSpan DefaultReportInterval = TimeSpan.FromSeconds(1);

    /// <summary>Most bytes the in-process prediction cache may hold; 0 turns it off. Default 256 MiB.</summary>
    [Range(0, long.MaxValue)]
    public long CacheBytes { get; set; } = DefaultCacheBytes;

    /// <summary>How long after the last deadline in it a batch is waited for before its replica counts as hung. Default 5 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00.1", "01:00:00")]
    public TimeSpan HungBatch { get; set; } = DefaultHungBatch;

    /// <summary>How often this frontend reports to Control when nothing of note happens. Default 1 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00.05", "00:01:00")]
    public TimeSpan ReportInterval { get; set; } = DefaultReportInterval;

    /// <summary>Name of this frontend in its reports; unique per process. Default: made at start.</summary>
    [Required, MinLength(1)]
    public string FrontendId { get; set; } = $"{Environment.MachineName}-{Environment.ProcessId}-{Guid.NewGuid():N}";
}
