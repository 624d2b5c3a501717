using Orchestrator.Core.Time;
using Orchestrator.Serving.Caching;
using Orchestrator.Serving.Caching.Shared;
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
        var followed = await LookFurtherAsync(one, call.Deadline.Timestamp);
        if (one[0] is { IsLeader: true, Follows: false })
        {
            Settle(pending, pending.Item!.Queue.TryEnqueue(pending.Item));
        }

        var outcome = await FinishAsync(call, one[0], started, clientGone);
        await followed;
        return outcome;
    }

    /// <summary>Looks in the shared level for what nobody here knows. Who is found leads no more: its item is complete and need not be queued.</summary>
    /// <returns>Ends when no question waits for another process any more; what is computed here need not wait for that.</returns>
    private async ValueTask<Task> LookFurtherAsync(Pending[] pending, long deadline)
    {
        var led = Enumerable.Range(0, pending.Length).Where(i => pending[i] is { IsLeader: true, Item.SharedScope: not null }).ToArray();
        if (led.Length == 0)
        {
            return Task.CompletedTask;
        }

        var found = await _shared!.AnswerAsync([.. led.Select(i => pending[i].Item!)], deadline);
        for (var i = 0; i < led.Length; i++)
        {
            if (found[i])
            {
                pending[led[i]] = pending[led[i]] with { IsLeader = false };
            }
        }

        var costly = _flights is null ? [] : led.Where(i => pending[i] is { IsLeader: true, Item.SharedScope.IsSingleFlight: true }).ToArray();
        return costly.Length == 0 ? Task.CompletedTask : await ClaimAsync(pending, costly, deadline);
    }

    /// <summary>Claims questions. Those that another process has are followed on their own: were they waited for before the rest is queued, two processes could wait for each other.</summary>
    private async ValueTask<Task> ClaimAsync(Pending[] pending, int[] costly, long deadline)
    {
        List<Task> follows = [];
        var turns = await _flights!.ClaimAsync([.. costly.Select(i => pending[i].Item!)], deadline);
        for (var i = 0; i < turns.Length; i++)
        {
            ref var one = ref pending[costly[i]];
            switch (turns[i])
            {
                case FlightTurn.Found:
                    one = one with { IsLeader = false };
                    break;
                case FlightTurn.Follow:
                    one = one with { Follows = true };
                    follows.Add(FollowAsync(one));
                    break;
            }
        }

        return Task.WhenAll(follows);
    }

    private async Task FollowAsync(Pending pending)
    {
        var item = pending.Item!;
        var isFound = false;
        try
        {
            isFound = await _flights!.FollowAsync(item);
        }
        finally
        {
            // Whatever happened: who waits is answered.
            if (!isFound && item.AnyoneWaits())
            {
                Settle(pending, item.Queue.TryEnqueue(item));
            }
            else if (!isFound)
            {
                Forget(item);
                item.Complete(item.Queue.Cancelled);
            }
        }
    }

    private CacheTerms TermsOf(in PredictionCall call, CacheKey? key)
    {
        var spec = call.Target.Spec.Cache;
        return new CacheTerms
        {
            Key = key,
            RowKeys = call.RowKeys,
            Ttl = spec.Ttl,
            StaleFor = spec.StaleFor,
            SharedScope = _shared is not null && key is not null && spec.Shared ? call.Target.CacheScope : null,
        };
    }

    private void Forget(PredictionItem item)
    {
        if (item.Key is { } key)
        {
            _cache.Finish(key, item, null, default);
            _shared?.Forget(item);
        }
    }

    /// <summary>Asks the model again for an answer that was given stale. Nobody waits for it: its end goes to the cache, and its deadline lets requests with a caller go first.</summary>
    private void Refresh(in PredictionCall call, CacheKey? key, RequestParameters? parameters)
    {
        var budget = 2 * call.Deadline.Remaining(_time);
        var waiter = new PredictionWaiter(Deadline.After(_time, budget > LeastRefresh ? budget : LeastRefresh).Timestamp);
        var item = NewItem(call, key, parameters, waiter);
        Settle(new Pending(item, waiter, true, null), item.Queue.TryEnqueue(item));
    }
}
