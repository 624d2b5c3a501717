using System.Buffers;
using System.Globalization;
using System.Runtime.InteropServices;

using Orchestrator.Core.Serving;
using Orchestrator.Load;
using Orchestrator.Protocol;

namespace Orchestrator.Benchmarks.Inputs;

/// <summary>Takes the latency profile of a container: one connection, one batch after the other, binary tensors.</summary>
internal static class ContainerProfile
{
    /// <param name="infer">Infer address.</param>
    /// <param name="model">Its name, for the profile.</param>
    /// <param name="columns">FP64 values per row of its only input.</param>
    /// <param name="maxRows">The largest size; all powers of two below it come first.</param>
    /// <param name="each">How long each size is measured.</param>
    /// <param name="stop">Ends it early.</param>
    public static async Task<MeasuredProfile> TakeAsync(Uri infer, string model, int columns, int maxRows, TimeSpan each, CancellationToken stop)
    {
        var sizes = new List<MeasuredSize>();
        for (var rows = 1; rows < 2 * maxRows; rows *= 2)
        {
            var size = Math.Min(rows, maxRows);
            var latency = await MeasureAsync(infer, columns, size, each, stop);
            sizes.Add(new MeasuredSize(size, (int)latency.Count, latency.P50.TotalMicroseconds, latency.P99.TotalMicroseconds));
        }

        return new MeasuredProfile
        {
            Schema = MeasuredProfile.SchemaV1, Model = model, Version = "1", TakenAt = TimeProvider.System.GetUtcNow(), Source = "tests/bench.sh simulator: direct calls, one after the other", Sizes = sizes,
        };
    }

    private static async Task<LatencyHistogram> MeasureAsync(Uri infer, int columns, int rows, TimeSpan duration, CancellationToken stop)
    {
        var body = new ArrayBufferWriter<byte>();
        var header = InferCodec.WriteBinaryRequest(body, new InferRequest { Inputs = [new Tensor("input", DataType.Fp64, [rows, columns], MemoryMarshal.AsBytes<double>(new double[rows * columns]).ToArray())] });
        var plan = new LoadPlan
        {
            Uri = infer,
            Body = _ => body.WrittenMemory,
            ContentType = ContractNames.BinaryContentType,
            Headers = new Dictionary<string, string> { [ContractNames.HeaderLength] = header.ToString(CultureInfo.InvariantCulture) },
            WarmUp = duration / 4,
            Duration = duration * 1.25,
        };
        var result = await LoadRunner.RunAsync(plan, stop: stop);
        return result.Counts.Total == result.Counts.Model ? result.ModelLatency : throw new BenchmarkException($"{infer}, {rows} rows: expected answers only, got {result}");
    }
}
