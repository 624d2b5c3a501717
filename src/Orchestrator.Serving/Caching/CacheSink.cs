using Orchestrator.Core;
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
        if (item.Cache is not { } terms)
        {
            return;
        }

        if (terms.RowKeys is { } rows)
        {
            KeepRows(item.Queue.Id, terms, rows, outcome);
        }
        else if (terms.Key is { } key)
        {
            KeepWhole(key, terms, item, outcome);
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

    private void KeepWhole(in CacheKey key, CacheTerms terms, PredictionItem item, PredictionOutcome outcome)
    {
        if (cache.Finish(key, item, outcome, terms.Ttl, terms.StaleFor) is { } kept)
        {
            shared?.Offer(item, kept);
        }
        else
        {
            shared?.Forget(item);
        }
    }

    private void KeepRows(ModelVersionId id, CacheTerms terms, RowKeys rows, PredictionOutcome outcome)
    {
        var answers = rows.Cut(outcome);
        for (var row = 0; row < answers.Length; row++)
        {
            if (answers[row] is { } answer && cache.Finish(rows.Keys[row], null, answer, terms.Ttl, terms.StaleFor) is { } kept && rows.SharedScope is { } scope)
            {
                shared?.Offer(new SharedQuestion(rows.Keys[row], scope, id, terms.Ttl, terms.StaleFor), kept);
            }
        }
    }
}
