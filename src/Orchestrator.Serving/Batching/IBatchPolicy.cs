using Orchestrator.Serving.Profiling;

namespace Orchestrator.Serving.Batching;

/// <summary>
/// Decides how large a batch may be and how long it may wait; pure and thread-safe: no clock, no I/O, no state but its options. What it must remember
/// between batches is one number per replica, the limit, which the caller keeps. Registered by <see cref="Name"/>.
/// </summary>
public interface IBatchPolicy
{
    /// <summary>As in a spec's <c>batching.policy</c>.</summary>
    string Name { get; }

    /// <summary>The limit of a replica before its first batch, rows.</summary>
    int InitialLimit(in BatchBounds bounds);

    /// <summary>The limit after a batch, rows; at least 1, at most <see cref="BatchBounds.MaxRows"/>.</summary>
    int NextLimit(int limit, in BatchObservation observation, ILatencyEstimate profile, in BatchBounds bounds);

    /// <summary>How long a batch that could leave now with <paramref name="waitingRows"/> rows should wait for more; zero: leave now.</summary>
    /// <param name="waitingRows">Rows that wait, at least 1.</param>
    /// <param name="limit">The replica's limit.</param>
    /// <param name="oldestWait">How long the oldest of them has waited.</param>
    /// <param name="bounds">Settings of the model version.</param>
    TimeSpan Hold(int waitingRows, int limit, TimeSpan oldestWait, in BatchBounds bounds);
}

/// <summary>What bounds the batches of a model version.</summary>
/// <param name="MaxRows">Most rows: the spec's <c>maxSize</c>, or less if the container says so.</param>
/// <param name="Budget">How long one batch may take. See <see cref="BatchBudget"/>.</param>
/// <param name="Delay">The spec's <c>delay</c>.</param>
public readonly record struct BatchBounds(int MaxRows, TimeSpan Budget, TimeSpan Delay);

/// <summary>A batch that came back.</summary>
/// <param name="Rows">Its rows.</param>
/// <param name="Duration">From sending it to the last byte of its answer.</param>
public readonly record struct BatchObservation(int Rows, TimeSpan Duration);

/// <summary>Turns an SLO into the time one batch may take.</summary>
public static class BatchBudget
{
    /// <summary>A request may arrive just after a batch left: it waits for that batch, then rides in its own. So two batches must fit the SLO.</summary>
    public const double ShareOfSlo = 0.5;

    /// <summary>Half of the tightest SLO among the applications that use the model.</summary>
    public static TimeSpan FromSlo(TimeSpan tightestSlo) => tightestSlo * ShareOfSlo;
}
