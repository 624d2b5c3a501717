using Orchestrator.Serving.Prediction;
using Orchestrator.Serving.Queueing;
using Orchestrator.Serving.Replicas;

namespace Orchestrator.Serving.Caching;

/// <summary>Carries the ends of items into the cache.</summary>
internal sealed class CacheSink(PredictionCache cache) : IItemSink
{
    public void Finished(PredictionItem item, PredictionOutcome outcome)
    {
        if (item.Key is { } key)
        {
            cache.Finish(key, item, outcome, item.Ttl);
        }
    }

    public void Dropped(PredictionItem item)
    {
        if (item.Key is { } key)
        {
            cache.Finish(key, item, null, default);
        }
    }
}
