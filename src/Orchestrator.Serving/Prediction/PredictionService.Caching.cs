using Orchestrator.Core.Time;
using Orchestrator.Serving.Caching;
using Orchestrator.Serving.Queueing;

namespace Orchestrator.Serving.Prediction;

// What lies beyond a look into the cache of this process: the level that is shared, and answers that are asked for again behind stale ones.
public sealed partial class PredictionService
{
    /// <summary>A second is what a model's own calls have by default.</summary>
    private static readonly TimeSpan LeastRefresh = TimeSpan.FromSeconds(1);

    private async ValueTask<PredictionOutcome> LookFurtherAsync(PredictionCall call, Pending pending, long started, CancellationToken clientGone)
    {
        Pending[] one = [pending];
        await LookFurtherAsync(one, call.Deadline.Timestamp);
        if (one[0].IsLeader)
        {
            Settle(pending, pending.Item!.Queue.TryEnqueue(pending.Item));
        }

        return await FinishAsync(call, one[0], started, clientGone);
    }

    /// <summary>Looks in the shared level for what nobody here knows. Who is found leads no more: its item is complete and need not be queued.</summary>
    private async ValueTask LookFurtherAsync(Pending[] pending, long deadline)
    {
        var led = Enumerable.Range(0, pending.Length).Where(i => pending[i] is { IsLeader: true, Item.SharedScope: not null }).ToArray();
        if (led.Length == 0)
        {
            return;
        }

        var found = await _shared!.AnswerAsync([.. led.Select(i => pending[i].Item!)], deadline);
        for (var i = 0; i < led.Length; i++)
        {
            if (found[i])
            {
                pending[led[i]] = pending[led[i]] with { IsLeader = false };
            }
        }
    }

    /// <summary>Asks the model again for an answer that was given stale. Nobody waits for it: its end goes to the cache, and its deadline lets requests with a caller go first.</summary>
    private void Refresh(in PredictionCall call, in CacheKey key, RequestParameters? parameters)
    {
        var budget = 2 * call.Deadline.Remaining(_time);
        var waiter = new PredictionWaiter(Deadline.After(_time, budget > LeastRefresh ? budget : LeastRefresh).Timestamp);
        var item = NewItem(call, key, parameters, waiter);
        Settle(new Pending(item, waiter, true, null), item.Queue.TryEnqueue(item));
    }
}
