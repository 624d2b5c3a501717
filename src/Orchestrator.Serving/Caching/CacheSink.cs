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
}
