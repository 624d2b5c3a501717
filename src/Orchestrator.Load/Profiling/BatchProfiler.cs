using System.Buffers;
using System.Globalization;

using Orchestrator.Protocol;

namespace Orchestrator.Load.Profiling;

/// <summary>Measures how long a container takes for batches of each size: one connection, one batch after the other.</summary>
public static class BatchProfiler
{
    private const int LeastSamples = 3;

    /// <param name="infer">Address of the infer call.</param>
    /// <param name="row">One row per model input; repeated for larger batches.</param>
    /// <param name="binary">Whether the container takes raw tensors.</param>
    /// <param name="options">Which sizes, and how long each.</param>
    /// <param name="measured">Told of each size as soon as it is there.</param>
    /// <param name="stop">Cancelled: ends with what it has.</param>
    /// <exception cref="InvalidOperationException">The container did not answer every call; the message says what it said.</exception>
    public static async Task<IReadOnlyList<ProfiledBatch>> RunAsync(
        Uri infer, IReadOnlyList<Tensor> row, bool binary, ProfileOptions options, Func<ProfiledBatch, Task> measured, CancellationToken stop = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(measured);
        var sizes = new List<ProfiledBatch>();
        foreach (var size in options.Sizes)
        {
            if (stop.IsCancellationRequested || (options.Longest is { } longest && sizes.Count > 0 && sizes[^1].P50 > longest))
            {
                break;
            }

            sizes.Add(await MeasureAsync(infer, row, size, binary, options, stop));
            await measured(sizes[^1]);
        }

        return sizes;
    }

    private static async Task<ProfiledBatch> MeasureAsync(Uri infer, IReadOnlyList<Tensor> row, int size, bool binary, ProfileOptions options, CancellationToken stop)
    {
        var (body, headerLength) = Write(row, size, binary);
        var plan = new LoadPlan
        {
            Uri = infer,
            Body = _ => body,
            ContentType = binary ? ContractNames.BinaryContentType : ContractNames.JsonContentType,
            Headers = headerLength is { } length ? new Dictionary<string, string> { [ContractNames.HeaderLength] = length.ToString(CultureInfo.InvariantCulture) } : new Dictionary<string, string>(),
            WarmUp = options.PerSize / 4,
            Duration = options.PerSize * 1.25,
            RequestTimeout = options.RequestTimeout,
        };
        var result = await LoadRunner.RunAsync(plan, stop: stop);
        if (result.Counts.Total < LeastSamples && result.Problems.Count == 0 && !stop.IsCancellationRequested)
        {
            // A batch that takes longer than a size is measured: a few of them, however long it takes.
            result = await LoadRunner.RunAsync(plan with { WarmUp = TimeSpan.Zero, Duration = options.RequestTimeout * LeastSamples, Requests = LeastSamples }, stop: stop);
        }

        if (!stop.IsCancellationRequested && (result.Counts.Model != result.Counts.Total || result.Counts.Total == 0 || result.Problems.Count > 0))
        {
            throw new InvalidOperationException($"{infer}, {size} rows: expected an answer to each call, got {result}");
        }

        var latency = result.ModelLatency;
        return new ProfiledBatch(size, result.Counts.Model, result.Counts.Model * size / Math.Max(1e-6, result.Elapsed.TotalSeconds), latency.P50, latency.P95, latency.P99);
    }

    private static (ReadOnlyMemory<byte> Body, int? HeaderLength) Write(IReadOnlyList<Tensor> row, int size, bool binary)
    {
        var request = new InferRequest { Inputs = [.. row.Select(input => TensorRows.Concat([.. Enumerable.Repeat(input, size)]))] };
        var writer = new ArrayBufferWriter<byte>();
        if (binary)
        {
            var headerLength = InferCodec.WriteBinaryRequest(writer, request);
            return (writer.WrittenMemory, headerLength);
        }

        InferCodec.WriteJsonRequest(writer, request);
        return (writer.WrittenMemory, null);
    }
}

/// <summary>What a profile measures.</summary>
public sealed record ProfileOptions
{
    /// <summary>Default of <see cref="PerSize"/>.</summary>
    public static readonly TimeSpan DefaultPerSize = TimeSpan.FromSeconds(1);

    /// <summary>In this order, each at least 1.</summary>
    public required IReadOnlyList<int> Sizes { get; init; }

    /// <summary>How long each size is measured. Default 1 s.</summary>
    public TimeSpan PerSize { get; init; } = DefaultPerSize;

    /// <summary>Larger sizes are left out once a size's median was longer than this; null: none is.</summary>
    public TimeSpan? Longest { get; init; }

    /// <summary>How long one call may take. Default that of a load.</summary>
    public TimeSpan RequestTimeout { get; init; } = LoadPlan.DefaultRequestTimeout;

    /// <summary>1, 2, 4, ... and <paramref name="most"/> itself.</summary>
    public static IReadOnlyList<int> Doubling(int most)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(most, 1);
        var sizes = new List<int>();
        for (var size = 1; size < most; size *= 2)
        {
            sizes.Add(size);
        }

        return [.. sizes, most];
    }
}
