using Orchestrator.Core.Runtime;

namespace Orchestrator.Control.Reconciliation;

/// <summary>What containers use, from the last two samples of each. Only the loop touches it.</summary>
internal sealed class UsageTable
{
    private Dictionary<string, UsageView> _usage = new(StringComparer.Ordinal);

    /// <summary>Takes a sample of all; one that is not in it is forgotten.</summary>
    /// <param name="sample">By container id.</param>
    /// <param name="at">When it was taken, on the loop's clock.</param>
    public void Take(IReadOnlyDictionary<string, ContainerUsage> sample, TimeSpan at) =>
        _usage = sample.ToDictionary(s => s.Key, s => new UsageView(s.Value, at, CpusOf(_usage.GetValueOrDefault(s.Key), s.Value, at)), StringComparer.Ordinal);

    /// <summary>Null: nothing is known of it.</summary>
    public UsageView? Of(string? containerId) => containerId is null ? null : _usage.GetValueOrDefault(containerId);

    private static double? CpusOf(UsageView? before, ContainerUsage now, TimeSpan at) =>
        before is { } b && at > b.At && now.CpuTime >= b.Usage.CpuTime ? (now.CpuTime - b.Usage.CpuTime) / (at - b.At) : null;
}

/// <summary>What a container uses.</summary>
/// <param name="Usage">The last sample.</param>
/// <param name="At">When it was taken.</param>
/// <param name="Cpus">Processors used between the last two; null: there is only one.</param>
internal sealed record UsageView(ContainerUsage Usage, TimeSpan At, double? Cpus);
