using BenchmarkDotNet.Attributes;

namespace Orchestrator.Benchmarks.HotPath;

/// <summary>What a prediction costs among so many registered models.</summary>
[MemoryDiagnoser]
public class ModelGrowth
{
    private OneRequest _request = null!;

    [Params(2, 1_000)]
    public int Models { get; set; }

    [GlobalSetup]
    public void Start()
    {
        _request = OneRequest.StartAsync(Models).GetAwaiter().GetResult();
        _request.Predict(OneRequest.Cached);
    }

    [GlobalCleanup]
    public void Stop() => _request.DisposeAsync().AsTask().GetAwaiter().GetResult();

    [Benchmark(Description = "predict, cache hit")]
    public object Hit() => _request.Predict(OneRequest.Cached);

    [Benchmark(Description = "predict, queue and batch")]
    public object Queue() => _request.Predict(OneRequest.Plain);
}
