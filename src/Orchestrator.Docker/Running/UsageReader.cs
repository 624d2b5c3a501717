using System.Collections.Concurrent;
using Orchestrator.Core.Runtime;
using Orchestrator.Docker.Engine;

namespace Orchestrator.Docker.Running;

/// <summary>Asks the engine what containers have used.</summary>
internal sealed class UsageReader(EngineClient engine, long machineMemory)
{
    private const int AtOnce = 4;
    private const int NanosecondsPerTick = 100;

    // Files that the kernel keeps in memory for it and would give back at once; the name under cgroup v1, then v2.
    private static readonly string[] CacheCounters = ["total_inactive_file", "inactive_file"];

    public async Task<IReadOnlyDictionary<string, ContainerUsage>> ReadAsync(IEnumerable<string> ids, CancellationToken cancellationToken)
    {
        var found = new ConcurrentDictionary<string, ContainerUsage>(StringComparer.Ordinal);
        await Parallel.ForEachAsync(ids, new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = cancellationToken }, async (id, token) =>
        {
            try
            {
                if (Map(await engine.Containers.GetStatsAsync(id, token), machineMemory) is { } usage)
                {
                    found[id] = usage;
                }
            }
            catch (EngineException)
            {
                // It ended meanwhile.
            }
        });
        return found;
    }

    internal static ContainerUsage? Map(ContainerStats stats, long machineMemory)
    {
        if (stats is not { Cpu.Usage: { } cpu, Memory: { } memory })
        {
            return null;
        }

        var cached = CacheCounters.Select(c => memory.Counters?.GetValueOrDefault(c) ?? 0).FirstOrDefault(c => c > 0);
        var held = Math.Max(0, memory.Usage - (long)Math.Min(cached, long.MaxValue));
        var isLimited = memory.Limit > 0 && memory.Limit < (ulong)machineMemory;
        return new ContainerUsage(TimeSpan.FromTicks(cpu.TotalUsage / NanosecondsPerTick), held, isLimited ? (long)memory.Limit : null);
    }
}
