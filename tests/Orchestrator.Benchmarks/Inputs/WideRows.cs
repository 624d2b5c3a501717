using System.Globalization;
using System.Text;

using Orchestrator.Protocol;

namespace Orchestrator.Benchmarks.Inputs;

/// <summary>The digits scaled up to 784 FP32 each: as tensors of one row, and as the binary infer bodies of several rows that a client without an orchestrator sends.</summary>
internal sealed class WideRows
{
    public const int Width = 784;
    private const int RowBytes = Width * sizeof(float);
    private readonly byte[] _data;

    private WideRows(byte[] data)
    {
        _data = data;
        Count = data.Length / RowBytes;
        Tensors = [.. Enumerable.Range(0, Count).Select(i => (Tensor[])[new Tensor("input", DataType.Fp32, [1, Width], data.AsMemory(i * RowBytes, RowBytes))])];
    }

    public int Count { get; }

    /// <summary>Per row the inputs of a call.</summary>
    public IReadOnlyList<Tensor[]> Tensors { get; }

    public static async Task<WideRows> ReadAsync(BenchmarkOptions options, CancellationToken stop) =>
        new(await File.ReadAllBytesAsync(Path.Combine(TrainedModels.Folder(options), "rows-784.f32"), stop));

    /// <summary>A body of <paramref name="rows"/> rows beginning with <paramref name="first"/> (the first follows the last), and the length of its JSON header.</summary>
    public (byte[] Body, int HeaderLength) Infer(int first, int rows)
    {
        var text = string.Create(
            CultureInfo.InvariantCulture,
            $"{{\"parameters\":{{\"binary_data_output\":true}},\"inputs\":[{{\"name\":\"input\",\"datatype\":\"FP32\",\"shape\":[{rows},{Width}],\"parameters\":{{\"binary_data_size\":{rows * RowBytes}}}}}]}}");
        var header = Encoding.ASCII.GetBytes(text.PadRight((text.Length + 63) / 64 * 64));
        var body = new byte[header.Length + (rows * RowBytes)];
        header.CopyTo(body, 0);
        for (var i = 0; i < rows; i++)
        {
            _data.AsSpan((first + i) % Count * RowBytes, RowBytes).CopyTo(body.AsSpan(header.Length + (i * RowBytes)));
        }

        return (body, header.Length);
    }
}
