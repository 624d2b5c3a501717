using System.Runtime.CompilerServices;
using System.Threading.Tasks.Sources;
using Orchestrator.Serving.Metrics;
using Orchestrator.Serving.Prediction;

namespace Orchestrator.Serving.Queueing;

/// <summary>
/// One caller that waits for an item, with a deadline of its own. Completes exactly once, whoever comes first; its caller goes on in a thread of the pool, or in the completing thread if that one
/// says it may.
/// </summary>
internal sealed class PredictionWaiter : IValueTaskSource<PredictionOutcome>
{
    private ManualResetValueTaskSourceCore<PredictionOutcome> _core;
    private CancellationTokenRegistration _clientGone;
    private PredictionItem? _item;
    private AnswerRecord _record;
    private int _completed;

    public PredictionWaiter(long deadline)
    {
        Deadline = deadline;
    }

    /// <summary>When its caller must have an answer (timestamp).</summary>
    public long Deadline { get; }

    /// <summary>Set before it can complete, for a caller that has little left to do: it may go on in the thread that completes it, if that one has nothing to do either.</summary>
    public bool MayGoOnHere { get; init; }

    public bool IsCompleted => Volatile.Read(ref _completed) != 0;

    /// <summary>Awaited once, by the caller; its answer is counted when it takes it.</summary>
    public ValueTask<PredictionOutcome> AsValueTask(in AnswerRecord record = default)
    {
        _record = record;
        return new(this, _core.Version);
    }

    /// <summary>Ends the wait. False: it had ended.</summary>
    /// <param name="outcome">What its caller gets.</param>
    /// <param name="here">A caller that <see cref="MayGoOnHere"/> goes on in this thread, before this returns: no lock is held and nothing waits for the thread.</param>
    public bool TryComplete(PredictionOutcome outcome, bool here = false)
    {
        if (Interlocked.Exchange(ref _completed, 1) != 0)
        {
            return false;
        }

        // Unregister does not wait for a callback that runs right now: that one finds the waiter completed.
        _clientGone.Unregister();

        // A caller that asks again and has its answer at once would sit on top of the one before it.
        _core.RunContinuationsAsynchronously = !(here && MayGoOnHere) || !RuntimeHelpers.TryEnsureSufficientExecutionStack();
        _core.SetResult(outcome);
        return true;
    }

    /// <summary>Called after the waiter belongs to <paramref name="item"/>: from here on a leaving client takes it away.</summary>
    public void LeaveWith(PredictionItem item, CancellationToken clientGone)
    {
        if (!clientGone.CanBeCanceled)
        {
            return;
        }

        Volatile.Write(ref _item, item);
        _clientGone = clientGone.UnsafeRegister(static state => ((PredictionWaiter)state!).Leave(), this);
        if (IsCompleted)
        {
            // Completed between joining and registering: nobody else will take the registration back.
            _clientGone.Unregister();
        }
    }

    private void Leave()
    {
        var item = Volatile.Read(ref _item)!;
        if (TryComplete(item.Queue.Cancelled))
        {
            item.Queue.WaiterLeft(item);
        }
    }

    PredictionOutcome IValueTaskSource<PredictionOutcome>.GetResult(short token)
    {
        var outcome = _core.GetResult(token);
        _record.Take(outcome);
        return outcome;
    }

    ValueTaskSourceStatus IValueTaskSource<PredictionOutcome>.GetStatus(short token) => _core.GetStatus(token);

    void IValueTaskSource<PredictionOutcome>.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _core.OnCompleted(continuation, state, token, flags);
}
