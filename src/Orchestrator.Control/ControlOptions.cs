using System.ComponentModel.DataAnnotations;

namespace Orchestrator.Control;

/// <summary>How the control plane of this process is tuned; bound once, validated at start.</summary>
public sealed class ControlOptions
{
    /// <summary>Name of the configuration section.</summary>
    public const string Section = "Control";

    /// <summary>Default of <see cref="ResyncInterval"/>.</summary>
    public static readonly TimeSpan DefaultResyncInterval = TimeSpan.FromSeconds(5);

    /// <summary>Default of <see cref="ReadinessPoll"/>.</summary>
    public static readonly TimeSpan DefaultReadinessPoll = TimeSpan.FromMilliseconds(50);

    /// <summary>Default of <see cref="ReadinessPollMax"/>.</summary>
    public static readonly TimeSpan DefaultReadinessPollMax = TimeSpan.FromMilliseconds(500);

    /// <summary>Default of <see cref="DrainTimeout"/>.</summary>
    public static readonly TimeSpan DefaultDrainTimeout = TimeSpan.FromSeconds(10);

    /// <summary>Default of <see cref="StopGrace"/>.</summary>
    public static readonly TimeSpan DefaultStopGrace = TimeSpan.FromSeconds(10);

    /// <summary>Default of <see cref="BackOff"/>.</summary>
    public static readonly TimeSpan DefaultBackOff = TimeSpan.FromSeconds(1);

    /// <summary>Default of <see cref="BackOffMax"/>.</summary>
    public static readonly TimeSpan DefaultBackOffMax = TimeSpan.FromSeconds(60);

    /// <summary>Default of <see cref="CrashLoopReset"/>.</summary>
    public static readonly TimeSpan DefaultCrashLoopReset = TimeSpan.FromSeconds(60);

    /// <summary>Default of <see cref="AcknowledgeTimeout"/>.</summary>
    public static readonly TimeSpan DefaultAcknowledgeTimeout = TimeSpan.FromSeconds(10);

    /// <summary>Default of <see cref="NoFrontendGrace"/>.</summary>
    public static readonly TimeSpan DefaultNoFrontendGrace = TimeSpan.FromSeconds(5);

    /// <summary>Default of <see cref="HealthInterval"/>.</summary>
    public static readonly TimeSpan DefaultHealthInterval = TimeSpan.FromSeconds(3);

    /// <summary>Default of <see cref="HealthTimeout"/>.</summary>
    public static readonly TimeSpan DefaultHealthTimeout = TimeSpan.FromSeconds(2);

    /// <summary>Default of <see cref="HealthFailures"/>.</summary>
    public const int DefaultHealthFailures = 3;

    /// <summary>Default of <see cref="ReportedFailures"/>.</summary>
    public const int DefaultReportedFailures = 3;

    /// <summary>Default of <see cref="RolloutFailures"/>.</summary>
    public const int DefaultRolloutFailures = 3;

    /// <summary>Default of <see cref="RolloutRefusals"/>.</summary>
    public const int DefaultRolloutRefusals = 2;

    /// <summary>Default of <see cref="WarmUpMaxRows"/>.</summary>
    public const int DefaultWarmUpMaxRows = 64;

    /// <summary>Default of <see cref="WarmUpBudget"/>.</summary>
    public static readonly TimeSpan DefaultWarmUpBudget = TimeSpan.FromSeconds(1);

    /// <summary>Default of <see cref="UnavailableRetry"/>.</summary>
    public static readonly TimeSpan DefaultUnavailableRetry = TimeSpan.FromSeconds(1);

    /// <summary>Default of <see cref="UsageInterval"/>.</summary>
    public static readonly TimeSpan DefaultUsageInterval = TimeSpan.FromSeconds(10);

    /// <summary>Desired and running are compared at least this often, whatever was or was not announced. Default 5 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00.1", "00:10:00")]
    public TimeSpan ResyncInterval { get; set; } = DefaultResyncInterval;

    /// <summary>First pause between two questions whether a starting container is ready; doubles up to <see cref="ReadinessPollMax"/>. Default 50 ms.</summary>
    [Range(typeof(TimeSpan), "00:00:00.001", "00:00:10")]
    public TimeSpan ReadinessPoll { get; set; } = DefaultReadinessPoll;

    /// <summary>Longest pause between two such questions. Default 500 ms.</summary>
    [Range(typeof(TimeSpan), "00:00:00.001", "00:01:00")]
    public TimeSpan ReadinessPollMax { get; set; } = DefaultReadinessPollMax;

    /// <summary>How long a replica that left the serving snapshot may keep work before it is stopped all the same. Default 10 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "01:00:00")]
    public TimeSpan DrainTimeout { get; set; } = DefaultDrainTimeout;

    /// <summary>How long a container may take to end after it was asked to, before it is killed. Default 10 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "01:00:00")]
    public TimeSpan StopGrace { get; set; } = DefaultStopGrace;

    /// <summary>Wait before the second restart of a replica (the first is immediate); doubles with each further one. Default 1 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00.01", "00:10:00")]
    public TimeSpan BackOff { get; set; } = DefaultBackOff;

    /// <summary>Longest wait before a restart. Default 60 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00.01", "01:00:00")]
    public TimeSpan BackOffMax { get; set; } = DefaultBackOffMax;

    /// <summary>A replica that was Ready this long begins with an immediate restart again. Default 60 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00.1", "1.00:00:00")]
    public TimeSpan CrashLoopReset { get; set; } = DefaultCrashLoopReset;

    /// <summary>How long a swap waits for a live frontend that does not acknowledge it. Default 10 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00.1", "01:00:00")]
    public TimeSpan AcknowledgeTimeout { get; set; } = DefaultAcknowledgeTimeout;

    /// <summary>How long a swap or drain waits when no frontend reports at all. Default 5 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "01:00:00")]
    public TimeSpan NoFrontendGrace { get; set; } = DefaultNoFrontendGrace;

    /// <summary>How often a Ready replica is asked whether it still is. Default 3 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00.1", "00:10:00")]
    public TimeSpan HealthInterval { get; set; } = DefaultHealthInterval;

    /// <summary>How long it may take to answer that. Default 2 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00.01", "00:01:00")]
    public TimeSpan HealthTimeout { get; set; } = DefaultHealthTimeout;

    /// <summary>Wrong or absent answers in a row after which a Ready replica counts as hung and is replaced. Default 3.</summary>
    [Range(1, 100)]
    public int HealthFailures { get; set; } = DefaultHealthFailures;

    /// <summary>Failed batches in a row, as a frontend reports them, after which a replica is replaced. Default 3.</summary>
    [Range(1, 1000)]
    public int ReportedFailures { get; set; } = DefaultReportedFailures;

    /// <summary>Replica failures in a row, without one Ready between, after which a rollout counts as failed. Default 3.</summary>
    [Range(1, 100)]
    public int RolloutFailures { get; set; } = DefaultRolloutFailures;

    /// <summary>Exits with code 2 or 3 (the container says that it can never work so) after which a rollout counts as failed. Default 2.</summary>
    [Range(1, 100)]
    public int RolloutRefusals { get; set; } = DefaultRolloutRefusals;

    /// <summary>Pause between two tries to start a container while the runtime cannot be reached. Default 1 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00.01", "00:10:00")]
    public TimeSpan UnavailableRetry { get; set; } = DefaultUnavailableRetry;

    /// <summary>How often the runtime is asked what processor time and memory containers use. Default 10 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00.1", "01:00:00")]
    public TimeSpan UsageInterval { get; set; } = DefaultUsageInterval;

    /// <summary>Largest batch of warm-up, rows. Default 64.</summary>
    [Range(1, 4096)]
    public int WarmUpMaxRows { get; set; } = DefaultWarmUpMaxRows;

    /// <summary>No further batch of warm-up begins after this time; the two of one row always run. Default 1 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "00:10:00")]
    public TimeSpan WarmUpBudget { get; set; } = DefaultWarmUpBudget;

    /// <summary>Whether containers end with this process's control plane, unless the cluster says <c>onShutdown: leave</c>. False leaves them to be adopted by the next one, where the runtime lets them live. Default true.</summary>
    public bool StopContainersAtShutdown { get; set; } = true;
}
