using static Orchestrator.Protocol.Tests.Bodies;

namespace Orchestrator.Protocol.Tests;

/// <summary>Seeded tensors of any datatype and shape, with the odd values in them.</summary>
internal static class RandomTensors
{
    public static Tensor Next(Random random, DataType type, string name = "x")
    {
        var shape = new long[random.Next(0, 4)];
        for (var i = 0; i < shape.Length; i++)
        {
            shape[i] = random.Next(0, 5);
        }

        return new Tensor(name, type, shape, Data(random, type, (int)Tensor.CountElements(shape)));
    }

    public static byte[] Data(Random random, DataType type, int count)
    {
        if (type == DataType.Bytes)
        {
            return Strings([.. Enumerable.Range(0, count).Select(_ => Text(random))]);
        }

        var data = new byte[count * type.ElementSize()];
        random.NextBytes(data);
        for (var i = 0; i < count; i++)
        {
            Tame(random, type, data.AsSpan(i * type.ElementSize(), type.ElementSize()));
        }

        return data;
    }

    /// <summary>Makes the bytes a value that survives text: bools are 0 or 1, and of the many NaNs only the usual one.</summary>
    private static void Tame(Random random, DataType type, Span<byte> element)
    {
        switch (type)
        {
            case DataType.Bool: element[0] &= 1; break;
            case DataType.Fp16 when Half.IsNaN(BitConverter.ToHalf(element)): BitConverter.TryWriteBytes(element, Half.NaN); break;
            case DataType.Fp32 when float.IsNaN(BitConverter.ToSingle(element)) || random.Next(8) == 0: BitConverter.TryWriteBytes(element, Odd<float>(random)); break;
            case DataType.Fp64 when double.IsNaN(BitConverter.ToDouble(element)) || random.Next(8) == 0: BitConverter.TryWriteBytes(element, Odd<double>(random)); break;
            default: break;
        }
    }

    private static T Odd<T>(Random random)
        where T : System.Numerics.IFloatingPointIeee754<T> => random.Next(5) switch
        {
            0 => T.NaN,
            1 => T.PositiveInfinity,
            2 => T.NegativeInfinity,
            3 => T.NegativeZero,
            _ => T.Epsilon,
        };

    private static string Text(Random random) =>
        string.Concat(Enumerable.Range(0, random.Next(0, 6)).Select(_ => random.Next(6) switch { 0 => "é", 1 => "😀", 2 => "\"", 3 => "\0", 4 => "\\", _ => "a" }));
}
