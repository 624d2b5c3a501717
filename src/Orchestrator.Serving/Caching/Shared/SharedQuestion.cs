using Orchestrator.Core;
using Orchestrator.Core.Serving;
using Orchestrator.Serving.Queueing;

namespace Orchestrator.Serving.Caching.Shared;

/// <summary>A question to the shared level.</summary>
/// <param name="Key">The question.</param>
/// <param name="Scope">What its answer belongs to.</param>
/// <param name="Id">Who answers it.</param>
/// <param name="Ttl">How long an answer may be given.</param>
/// <param name="StaleFor">How long after that while another is asked for.</param>
internal readonly record struct SharedQuestion(CacheKey Key, CacheScope Scope, ModelVersionId Id, TimeSpan Ttl, TimeSpan StaleFor)
{
    /// <summary>Its name in the store.</summary>
    public StoreKey StoreKey => new(Scope.Name, Key.ToBytes());

    /// <summary>That of an item with a key and a shared scope.</summary>
    public static SharedQuestion Of(PredictionItem item) => new(item.Key!.Value, item.SharedScope!, item.Queue.Id, item.Cache!.Ttl, item.Cache.StaleFor);
}
