using System.Diagnostics;
using System.Text.Json;
using Orchestrator.Protocol;
using Orchestrator.Serving.Caching;
using Orchestrator.Serving.Prediction;

namespace Orchestrator.Serving.Queueing;

/// <summary>
/// What is executed once for all callers that wait for the same answer. The first caller makes it, others may join while someone still waits and no
/// result is in. It ends through <see cref="Complete"/> alone, which completes whoever still waits.
/// </summary>
internal sealed class PredictionItem : QueuedItem
{
    /// <summary>Also the lock: an object of its own would cost each request one more.</summary>
    private readonly PredictionWaiter _first;
    private List<PredictionWaiter>? _joined;
    private bool _closed;

    public PredictionItem(ModelQueue queue, PredictionWaiter first, IReadOnlyList<Tensor> inputs, IReadOnlyList<RequestedOutput> outputs)
    {
        Queue = queue;
        _first = first;
        Inputs = inputs;
        Outputs = outputs;
        Rows = inputs.Count == 0 ? 1 : inputs[0].Rows;
        // By index: an enumerator of an interface may be an object.
        for (var i = 0; i < inputs.Count; i++)
        {
            Bytes += inputs[i].Data.Length;
        }
    }

    public ModelQueue Queue { get; }

    public IReadOnlyList<Tensor> Inputs { get; }

    public IReadOnlyList<RequestedOutput> Outputs { get; }

    /// <summary>Set when the answer shall be cached.</summary>
    public CacheTerms? Cache { get; init; }

    /// <summary>Set when the answer shall be cached and shared as a whole.</summary>
    public CacheKey? Key => Cache?.Key;

    /// <summary>Set when the answer is shared with other processes: what it belongs to there.</summary>
    public CacheScope? SharedScope => Cache?.SharedScope;

    /// <summary>Request parameters for the container; null: none.</summary>
    public IReadOnlyDictionary<string, JsonElement>? Parameters { get; init; }

    /// <summary>The request's span, for the link from the batch's span; null: nobody listens.</summary>
    public Activity? Trace { get; init; }

    public override (long Earliest, long Latest) Deadlines()
    {
        lock (_first)
        {
            return DeadlinesNeedsLock();
        }
    }

    /// <summary>Adds a caller, unless the item has ended or everybody has left it.</summary>
    public bool TryJoin(PredictionWaiter waiter)
    {
        lock (_first)
        {
            if (_closed || !AnyoneWaitsNeedsLock())
            {
                return false;
            }

            (_joined ??= []).Add(waiter);
            return true;
        }
    }

    /// <summary>Ends the item: whoever still waits gets <paramref name="outcome"/>.</summary>
    /// <param name="outcome">What they get.</param>
    /// <param name="here">The first caller may go on in this thread, before this returns.</param>
    public void Complete(PredictionOutcome outcome, bool here = false)
    {
        List<PredictionWaiter>? joined;
        lock (_first)
        {
            if (_closed)
            {
                return;
            }

            _closed = true;
            joined = _joined;
        }

        if (joined is not null)
        {
            foreach (var waiter in joined)
            {
                waiter.TryComplete(outcome);
            }
        }

        _first.TryComplete(outcome, here);
    }

    /// <summary>Gives <paramref name="missed"/> to those whose deadline has passed at <paramref name="now"/>.</summary>
    /// <returns>Whether somebody still waits.</returns>
    public bool Expire(long now, PredictionOutcome missed)
    {
        lock (_first)
        {
            // Completing only queues the callers to the thread pool; nothing of theirs runs under this lock.
            if (_first.Deadline <= now)
            {
                _first.TryComplete(missed);
            }

            if (_joined is not null)
            {
                foreach (var waiter in _joined)
                {
                    if (waiter.Deadline <= now)
                    {
                        waiter.TryComplete(missed);
                    }
                }
            }

            return AnyoneWaitsNeedsLock();
        }
    }

    /// <summary>Whether somebody still waits for it.</summary>
    public bool AnyoneWaits()
    {
        lock (_first)
        {
            return !_closed && AnyoneWaitsNeedsLock();
        }
    }

    private bool AnyoneWaitsNeedsLock()
    {
        var (earliest, latest) = DeadlinesNeedsLock();
        return earliest <= latest;
    }

    private (long Earliest, long Latest) DeadlinesNeedsLock()
    {
        long earliest = long.MaxValue, latest = long.MinValue;
        if (!_first.IsCompleted)
        {
            earliest = latest = _first.Deadline;
        }

        if (_joined is not null)
        {
            foreach (var waiter in _joined)
            {
                if (!waiter.IsCompleted)
                {
                    earliest = Math.Min(earliest, waiter.Deadline);
                    latest = Math.Max(latest, waiter.Deadline);
                }
            }
        }

        return (earliest, latest);
    }
}
