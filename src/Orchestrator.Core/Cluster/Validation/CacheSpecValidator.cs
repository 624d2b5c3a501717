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
        if (cache.SingleFlight && !(cache.Enabled && cache.Shared))
        {
            errors.Add($"{path}.singleFlight", $"needs {(cache.Enabled ? "shared" : "enabled")}, which is false: frontends can only wait for an answer that they share; remove one of the two.");
        }
    }
}
