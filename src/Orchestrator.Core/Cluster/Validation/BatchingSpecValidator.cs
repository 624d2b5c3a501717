namespace Orchestrator.Core.Cluster.Validation;

/// <summary>Validates how a version is batched.</summary>
internal static class BatchingSpecValidator
{
    public const int MaxRows = 100_000;
    public const int LeastBytes = 1024;
    public const int MostBytes = 1024 * 1024 * 1024;

    private static readonly TimeSpan MostDelay = TimeSpan.FromSeconds(10);

    public static void Validate(BatchingSpec batching, string path, ValidationContext context, SpecErrors errors)
    {
        errors.CheckKnown($"{path}.policy", "batching policy", batching.Policy, context.BatchingPolicies);
        errors.CheckRange($"{path}.maxSize", batching.MaxSize, 1, MaxRows);
        errors.CheckRange($"{path}.maxBytes", batching.MaxBytes, LeastBytes, MostBytes);
        errors.CheckRange($"{path}.delay", batching.Delay, TimeSpan.Zero, MostDelay);
    }
}
