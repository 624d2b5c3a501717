using Orchestrator.Core.Cluster;

namespace Orchestrator.Benchmarks.Cluster;

/// <summary>A model whose predictions cost enough that an answer from a cache pays, and whose only output is the number it is asked for.</summary>
internal static class CostlyModel
{
    public static ModelUnderTest Named(string name, CacheSpec cache) => new(name)
    {
        Framework = "noop", Cache = cache, Options = """{"baseMs":1,"perRowMs":0.2,"sleep":false,"columns":1}""",
    };
}
