namespace Orchestrator.Protocol;

/// <summary>A named tensor in the binary form of the protocol: little-endian, row-major. Immutable by convention: nobody writes into <see cref="Data"/> once the tensor was made.</summary>
/// <param name="Name">Name of the input or output.</param>
/// <param name="DataType">Type of the elements.</param>
/// <param name="Shape">Dimensions, none negative; dimension 0 is the batch. An empty shape is a scalar (outputs of foreign containers only).</param>
/// <param name="Data">Raw elements; for <see cref="DataType.Bytes"/> length-prefixed ones.</param>
public sealed record Tensor(string Name, DataType DataType, long[] Shape, ReadOnlyMemory<byte> Data)
{
    /// <summary>Rows: dimension 0; 1 for a scalar.</summary>
    public int Rows => Shape.Length == 0 ? 1 : (int)Shape[0];

    /// <summary>Product of the dimensions.</summary>
    public long ElementCount => CountElements(Shape);

    /// <summary>Product of dimensions; 1 for none.</summary>
    /// <exception cref="OverflowException">More than <see cref="long.MaxValue"/> elements.</exception>
    public static long CountElements(ReadOnlySpan<long> shape)
    {
        long count = 1;
        foreach (var dimension in shape)
        {
            count = checked(count * dimension);
        }

        return count;
    }
}
