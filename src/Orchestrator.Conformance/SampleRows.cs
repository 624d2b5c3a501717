using System.Buffers.Binary;
using Orchestrator.Protocol;

namespace Orchestrator.Conformance;

/// <summary>Deterministic inputs of any number of rows: the caller's sample repeated, or made up from the signature. Rows differ, so that mixed-up rows are seen.</summary>
internal static class SampleRows
{
    /// <summary>Rows <paramref name="first"/> to <paramref name="first"/> + <paramref name="count"/> of the endless sequence of sample rows.</summary>
    public static Tensor[] Take(ModelMetadata model, InferRequest? sample, int first, int count) =>
        sample is null
            ? [.. model.Inputs.Select(input => MakeUp(input, first, count))]
            : [.. sample.Inputs.Select(input => Repeat(input, first, count))];

    private static Tensor Repeat(Tensor input, int first, int count)
    {
        if (input.Shape.Length == 0)
        {
            return input;
        }

        var rows = new List<Tensor>();
        for (var i = 0; i < count; i++)
        {
            var shape = (long[])input.Shape.Clone();
            shape[0] = 1;
            rows.Add(input with { Shape = shape, Data = TensorRows.Slice(input, (first + i) % input.Rows, 1) });
        }

        return TensorRows.Concat(rows);
    }

    private static Tensor MakeUp(TensorMetadata input, int first, int count)
    {
        var shape = new long[input.Shape.Length];
        for (var i = 0; i < shape.Length; i++)
        {
            shape[i] = i == 0 ? count : Math.Max(1, input.Shape[i]);
        }

        var rowElements = shape.Length == 0 ? 1 : (int)Tensor.CountElements(shape.AsSpan(1));
        var elements = (int)Tensor.CountElements(shape);
        var numbers = new byte[elements];
        for (var i = 0; i < elements; i++)
        {
            var row = first + (i / rowElements);
            numbers[i] = (byte)(1 + (((i % rowElements) + (3 * row)) % 9));
        }

        return new Tensor(input.Name, input.DataType, shape, Encode(input.DataType, shape, numbers));
    }

    private static ReadOnlyMemory<byte> Encode(DataType type, long[] shape, byte[] numbers)
    {
        switch (type)
        {
            case DataType.Bool:
                return Array.ConvertAll(numbers, n => (byte)(n & 1));
            case DataType.Bytes:
                return Strings(numbers.Length);
            case DataType.Bf16:
                // The upper half of FP32.
                var single = TensorRows.Convert(new Tensor("", DataType.UInt8, shape, numbers), DataType.Fp32).Data.ToArray();
                return single.Chunk(4).SelectMany(e => e[2..]).ToArray();
            default:
                return TensorRows.Convert(new Tensor("", DataType.UInt8, shape, numbers), type).Data;
        }
    }

    private static byte[] Strings(int count)
    {
        const int size = sizeof(int) + 1;
        var data = new byte[count * size];
        for (var i = 0; i < count; i++)
        {
            BinaryPrimitives.WriteInt32LittleEndian(data.AsSpan(i * size), 1);
            data[(i * size) + sizeof(int)] = (byte)'a';
        }

        return data;
    }
}
