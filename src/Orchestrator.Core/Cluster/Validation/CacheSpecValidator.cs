namespace Orchestrator.Core.Cluster.Validation;

/// <summary>Validates how answers are kept.</summary>
internal static class CacheSpecValidator
{
    private static readonly TimeSpan LeastTtl = TimeSpan.FromMilliseconds(1);
    private static readonly TimeSpan MostTtl = TimeSpan.FromDays(30);

    public static void Validate(CacheSpec cache, string path, SpecErrors errors)
    {
        errors.CheckRange($"{path}.ttl", cache.Ttl, LeastTtl, MostTtl);
        errors.CheckRange($"{path}.staleFor", cache.StaleFor, TimeSpan.Zero, MostTtl);
    }
}
