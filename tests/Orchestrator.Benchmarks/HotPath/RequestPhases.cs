using System.Buffers;
using BenchmarkDotNet.Attributes;
using Orchestrator.Host.Query.Applications;
using Orchestrator.Host.Query.Http;
using Orchestrator.Protocol;
using Orchestrator.Serving.Caching;
using Orchestrator.Serving.Prediction;
using Orchestrator.Serving.Routing;

namespace Orchestrator.Benchmarks.HotPath;

/// <summary>The phases of one request, each alone: 64 doubles in, one label out.</summary>
[MemoryDiagnoser]
public class RequestPhases
{
    private static readonly CodecLimits Limits = CodecLimits.Default;
    private readonly PredictAnswerWriter _answers = new(new QueryIds());
    private readonly AnswerBuffer _buffer = AnswerBuffer.CreatePool().Get();
    private readonly ArrayBufferWriter<byte> _bytes = new(4096);
    private OneRequest _request = null!;
    private PredictionOutcome _outcome = null!;
    private VersionEntry _version = null!;

    [GlobalSetup]
    public void Start()
    {
        _request = OneRequest.StartAsync(models: 2).GetAwaiter().GetResult();
        _outcome = _request.Predict(OneRequest.Cached);
        _version = _request.Table.Applications[OneRequest.Cached].Select(null)!;
    }

    [GlobalCleanup]
    public void Stop() => _request.DisposeAsync().AsTask().GetAwaiter().GetResult();

    [Benchmark(Description = "read JSON")]
    public object ReadJson() => _request.ReadJson(OneRequest.Plain);

    [Benchmark(Description = "read binary")]
    public object ReadBinary() => InferCodec.ReadRequest(_request.Binary, _request.BinaryHeader, Limits);

    [Benchmark(Description = "cache key")]
    public int Key() => CacheKey.Of(_version.CacheScope, _request.Inputs, []).GetHashCode();

    [Benchmark(Description = "predict, cache hit")]
    public object Hit() => _request.Predict(OneRequest.Cached);

    [Benchmark(Description = "predict, queue and batch")]
    public object Queue() => _request.Predict(OneRequest.Plain);

    [Benchmark(Description = "write JSON")]
    public void WriteJson()
    {
        _buffer.Json.Reset();
        _answers.WriteOk(_buffer.Json, _outcome);
    }

    [Benchmark(Description = "write binary")]
    public void WriteBinary()
    {
        _bytes.ResetWrittenCount();
        InferCodec.WriteResponse(_bytes, new InferResponse { ModelName = OneRequest.Plain, Outputs = _outcome.Outputs }, static _ => true);
    }
}
