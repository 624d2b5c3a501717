namespace Orchestrator.Benchmarks.Cluster;

/// <summary>Processor time used so far by each side of a measurement.</summary>
internal sealed record CpuShares(TimeSpan Host, TimeSpan Containers, TimeSpan Generator)
{
    public static CpuShares Now(int hostId) => new(CpuTime.Of([hostId]), CpuTime.Of(CpuTime.ChildrenOf(hostId)), CpuTime.Of([Environment.ProcessId]));

    public CpuShares Minus(CpuShares earlier) => new(Host - earlier.Host, Containers - earlier.Containers, Generator - earlier.Generator);
}
