using Orchestrator.Serving.Profiling;

namespace Orchestrator.Serving.Batching;

/// <summary>
/// Decides whether a request is taken in, how large a batch may be and how long it may wait; pure and thread-safe: no clock, no I/O, no state but its options.
/// What it must remember between batches is one number per replica, the limit, which the caller keeps. The live queue and the simulator ask the same
/// policies. Registered by <see cref="Name"/>.
/// </summary>
public interface IBatchPolicy
{
    /// <summary>As in a spec's <c>batching.policy</c>.</summary>
    string Name { get; }

    /// <summary>Whether a replica that is found to do more rows per second in smaller batches than the policy would form gets those; false: the limit is the policy's alone.</summary>
    bool MayBeCapped => false;

    /// <summary>The limit of a replica before its first batch, rows.</summary>
    int InitialLimit(in BatchBounds bounds);

    /// <summary>The limit after a batch, rows; at least 1, at most <see cref="BatchBounds.MaxRows"/>.</summary>
    int NextLimit(int limit, in BatchObservation observation, ILatencyEstimate profile, in BatchBounds bounds);

    /// <summary>Whether a request that has just arrived is taken in.</summary>
    BatchVerdict Admit(in ArrivalView arrival, ILatencyEstimate profile, in BatchBounds bounds);

    /// <summary>What an idle replica does with the request that has the earliest deadline, and how many rows go with it.</summary>
    /// <param name="queue">What waits, at least one request.</param>
    /// <param name="limit">The replica's limit, rows; at least 1.</param>
    /// <param name="order">The deadlines further back.</param>
    /// <param name="profile">Latency by size.</param>
    /// <param name="bounds">Settings of the model version.</param>
    BatchDecision Decide(in QueueView queue, int limit, IDeadlineOrder order, ILatencyEstimate profile, in BatchBounds bounds);
}

/// <summary>What bounds the batches of a model version.</summary>
/// <param name="MaxRows">Most rows: the spec's <c>maxSize</c>, or less if the container says so.</param>
/// <param name="Slo">The tightest SLO among the applications that use the model.</param>
/// <param name="Delay">The spec's <c>delay</c>.</param>
public readonly record struct BatchBounds(int MaxRows, TimeSpan Slo, TimeSpan Delay)
{
    /// <summary>A request may arrive just after a batch left: it waits for that batch, then rides in its own. So two batches must fit the SLO.</summary>
    public const double ShareOfSlo = 0.5;

    /// <summary>How long one batch may take.</summary>
    public TimeSpan Budget => Slo * ShareOfSlo;
}

/// <summary>A batch that came back.</summary>
/// <param name="Rows">Its rows.</param>
/// <param name="Duration">From sending it to the last byte of its answer.</param>
public readonly record struct BatchObservation(int Rows, TimeSpan Duration);
