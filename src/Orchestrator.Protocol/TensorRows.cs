namespace Orchestrator.Protocol;

/// <summary>Cuts tensors along dimension 0, joins them, and converts datatypes.</summary>
public static partial class TensorRows
{
    /// <summary>Bytes of rows <paramref name="start"/> to <paramref name="start"/> + <paramref name="count"/> of a tensor, without a copy.</summary>
    public static ReadOnlyMemory<byte> Slice(Tensor tensor, int start, int count) => throw new NotSupportedException();

    /// <summary>Splits a tensor into consecutive parts of the given numbers of rows, without a copy; walks BYTES once for all parts.</summary>
    /// <exception cref="ProtocolException">The counts do not add up to the rows, or BYTES data is malformed.</exception>
    public static Tensor[] Split(Tensor tensor, ReadOnlySpan<int> rowCounts) => throw new NotSupportedException();

    /// <summary>Joins tensors of equal name, datatype and row shape along dimension 0.</summary>
    public static Tensor Concat(IReadOnlyList<Tensor> parts) => throw new NotSupportedException();

    /// <summary>
    /// The tensor with another datatype when no value changes its meaning: between integers and floats in range, FP32 to FP64, FP64 to FP32 (rounded), BOOL to numbers. The same tensor if the datatype is equal already.
    /// </summary>
    /// <exception cref="ProtocolException">Numbers to BYTES, a fraction to an integer, out of range; names input, index and what was expected.</exception>
    public static Tensor Convert(Tensor tensor, DataType to) => throw new NotSupportedException();

    /// <summary>Checks that the data has as many bytes as datatype and shape say, and for BYTES walks the prefixes.</summary>
    /// <exception cref="ProtocolException">It has not.</exception>
    public static void Validate(Tensor tensor, string what) => throw new NotSupportedException();
}
