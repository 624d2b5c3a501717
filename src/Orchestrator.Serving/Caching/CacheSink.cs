using Orchestrator.Serving.Caching.Shared;
using Orchestrator.Serving.Prediction;
using Orchestrator.Serving.Queueing;
using Orchestrator.Serving.Replicas;

namespace Orchestrator.Serving.Caching;

/// <summary>Carries the ends of items into the cache, and answers into the level that is shared, if there is one.</summary>
internal sealed class CacheSink(PredictionCache cache, SharedCache? shared = null) : IItemSink
{
    public void Finished(PredictionItem item, PredictionOutcome outcome)
    {
        if (item.RowKeys is { } rows)
        {
            KeepRows(item, rows, outcome);
            return;
        }

        if (item.Key is not { } key)
        {
            return;
        }

        if (cache.Finish(key, item, outcome, item.Ttl, item.StaleFor) is { } kept)
        {
            shared?.Offer(item, kept);
        }
        else
        {
            shared?.Forget(item);
        }
    }

    public void Dropped(PredictionItem item)
    {
        if (item.Key is { } key)
        {
            cache.Finish(key, item, null, default);
            shared?.Forget(item);
        }
    }

    private void KeepRows(PredictionItem item, RowKeys rows, PredictionOutcome outcome)
    {
        var answers = rows.Cut(outcome);
        for (var row = 0; row < answers.Length; row++)
        {
            if (answers[row] is { } answer && cache.Finish(rows.Keys[row], null, answer, item.Ttl, item.StaleFor) is { } kept && rows.SharedScope is { } scope)
            {
                shared?.Offer(new SharedQuestion(rows.Keys[row], scope, item.Queue.Id, item.Ttl, item.StaleFor), kept);
            }
        }
    }
}
