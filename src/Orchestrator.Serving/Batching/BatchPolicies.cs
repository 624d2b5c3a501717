using System.Collections.Frozen;

namespace Orchestrator.Serving.Batching;

/// <summary>The batching policies by name.</summary>
public static class BatchPolicies
{
    private static readonly IBatchPolicy[] All = [new NoBatchPolicy(), new FixedBatchPolicy(), new AimdBatchPolicy(), new QuantileBatchPolicy(), new DeferredBatchPolicy()];
    private static readonly FrozenDictionary<string, IBatchPolicy> ByName = All.ToFrozenDictionary(p => p.Name);

    /// <summary>Names, for validation and messages.</summary>
    public static IReadOnlyCollection<string> Names { get; } = [.. All.Select(p => p.Name)];

    /// <summary>The policy of that name.</summary>
    /// <exception cref="ArgumentException">There is none; a validated spec never names such a one.</exception>
    public static IBatchPolicy Get(string name) =>
        ByName.TryGetValue(name, out var policy) ? policy : throw new ArgumentException($"batching policy '{name}' is unknown; known: {string.Join(", ", Names)}", nameof(name));
}
