using Orchestrator.Core.Serving;
using Orchestrator.Protocol;
using Orchestrator.Serving.Prediction;
using Orchestrator.Serving.Queueing;

namespace Orchestrator.Serving.Replicas;

/// <content>What becomes of a batch that failed, and of the replica.</content>
internal sealed partial class ReplicaLoop
{
    private async ValueTask HandleFailureAsync(Batch batch, ReplicaReply reply)
    {
        _context.Metrics.RecordBatchFailure(_queue.Id, reply.Kind);
        switch (reply.Kind)
        {
            case ReplyKind.Busy:
                foreach (var item in batch.Items)
                {
                    item.Attempts--;
                    RequeueOrEnd(item, alone: false, OutcomeKind.Unavailable, "the replica is busy");
                }

                await Task.Delay(BusyPause, _context.Time);
                return;

            case ReplyKind.TooLate:
                FailAll(batch, OutcomeKind.DeadlineMissed, _queue.Missed.Explanation!);
                return;

            case ReplyKind.Unconfirmed:
                // No failure of the replica: this frontend cannot know whether its version still serves.
                FailAll(batch, OutcomeKind.Unavailable, reply.Error!);
                return;

            case ReplyKind.InvalidInput or ReplyKind.Failed:
                ShareOutFailure(batch, reply);
                return;

            default:
                Stats.Failed(reply.Error ?? reply.Kind.ToString());
                _context.Logger.ReplicaUnreachable(Endpoint.Id, Endpoint.Address, reply.Error);
                _context.ReplicaFailed.Notify();
                foreach (var item in batch.Items)
                {
                    if (!reply.MayHaveRun)
                    {
                        item.Attempts--;
                    }

                    RequeueOrEnd(item, alone: false, OutcomeKind.Unavailable, $"replica {Endpoint.Id} failed: {reply.Error}");
                }

                return;
        }
    }

    /// <summary>The container refused or failed the whole batch. An item that was alone in it owns the failure; the others may only have been its neighbours, so each goes again alone.</summary>
    private void ShareOutFailure(Batch batch, in ReplicaReply reply)
    {
        var kind = reply.Kind == ReplyKind.InvalidInput ? OutcomeKind.InvalidInput : OutcomeKind.Failed;
        if (reply.Kind == ReplyKind.Failed)
        {
            _context.Logger.BatchFailed(Endpoint.Id, batch.Items.Count, batch.Rows, reply.Error);
        }

        foreach (var item in batch.Items)
        {
            if (batch.Items.Count == 1)
            {
                End(item, kind, reply.Error!);
            }
            else
            {
                if (kind == OutcomeKind.InvalidInput)
                {
                    // Refused before anything was computed.
                    item.Attempts--;
                }

                RequeueOrEnd(item, alone: true, kind, reply.Error!);
            }
        }
    }

    private void RequeueOrEnd(PredictionItem item, bool alone, OutcomeKind kind, string explanation)
    {
        var attempts = _context.Idempotent ? MaxAttempts : 1;
        if (item.Attempts >= attempts || !_queue.Requeue(item, alone))
        {
            End(item, kind, explanation);
        }
    }

    private void FailAll(Batch batch, OutcomeKind kind, string explanation)
    {
        foreach (var item in batch.Items)
        {
            End(item, kind, explanation);
        }
    }

    private void End(PredictionItem item, OutcomeKind kind, string explanation)
    {
        var outcome = new PredictionOutcome { Kind = kind, ModelVersion = _queue.Id, Explanation = explanation };
        _context.Sink.Finished(item, outcome);
        item.Complete(outcome);
    }

    /// <summary>After an exception nobody expected: whoever was in the batch and is not back in the queue has an answer. Throws nothing, whatever is broken.</summary>
    private void Abandon(Batch batch, Exception error)
    {
        Try(() => _context.Logger.LoopFailed(error, Endpoint.Id));
        Try(() => _queue.Return(this, batch, new ReplicaReply(ReplyKind.Failed, null, null, true)));
        var outcome = new PredictionOutcome { Kind = OutcomeKind.Failed, ModelVersion = _queue.Id, Explanation = $"internal error: {error.GetType().Name}: {error.Message}" };
        foreach (var item in batch.Items)
        {
            if (item.State == ItemState.Done)
            {
                Try(() => _context.Sink.Finished(item, outcome));
                item.Complete(outcome);
            }
        }
    }

    private static void Try(Action step)
    {
        try
        {
            step();
        }
        catch (Exception)
        {
            // What broke the handling of a failure is likely to break here too; the other steps must be taken all the same.
        }
    }

    /// <summary>Waits until the replica says it is ready, or until it is taken away (Control replaces it).</summary>
    private async Task RecoverAsync()
    {
        var pause = FirstRecheck;
        while (!_removed.IsCancellationRequested)
        {
            try
            {
                await Task.Delay(pause, _context.Time, _removed.Token);
                if (await _client.IsReadyAsync(_removed.Token))
                {
                    return;
                }

                // A replica that stays away keeps counting, so that Control sees it although no batch goes there.
                Stats.Failed("not ready");
                _context.ReplicaFailed.Notify();
            }
            catch (OperationCanceledException) when (_removed.IsCancellationRequested)
            {
                return;
            }
            catch (Exception error)
            {
                Try(() => _context.Logger.RecheckFailed(error, Endpoint.Id));
                Stats.Failed($"asking whether it is ready failed: {error.GetType().Name}: {error.Message}");
                _context.ReplicaFailed.Notify();
            }

            pause = pause * 2 < LongestRecheck ? pause * 2 : LongestRecheck;
        }
    }
}
