namespace Orchestrator.Protocol;

/// <summary>Cuts tensors along dimension 0, joins them, and converts datatypes.</summary>
public static partial class TensorRows
{
    /// <summary>Bytes of rows <paramref name="start"/> to <paramref name="start"/> + <paramref name="count"/> of a tensor, without a copy.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The tensor has not these rows.</exception>
    /// <exception cref="ProtocolException">BYTES data is malformed.</exception>
    public static ReadOnlyMemory<byte> Slice(Tensor tensor, int start, int count)
    {
        ArgumentNullException.ThrowIfNull(tensor);
        ArgumentOutOfRangeException.ThrowIfNegative(start);
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(start, tensor.Rows - count, nameof(start));
        var rowElements = RowElements(tensor);
        if (tensor.DataType != DataType.Bytes)
        {
            var rowBytes = checked((int)(rowElements * tensor.DataType.ElementSize()));
            return tensor.Data.Slice(checked(start * rowBytes), checked(count * rowBytes));
        }

        var what = $"'{tensor.Name}'";
        var offset = 0;
        long index = 0;
        BytesElements.Skip(tensor.Data.Span, ref offset, ref index, checked(start * rowElements), what);
        var first = offset;
        BytesElements.Skip(tensor.Data.Span, ref offset, ref index, checked(count * rowElements), what);
        return tensor.Data[first..offset];
    }

    /// <summary>Splits a tensor into consecutive parts of the given numbers of rows, without a copy; walks BYTES once for all parts.</summary>
    /// <exception cref="ProtocolException">The counts do not add up to the rows, or BYTES data is malformed.</exception>
    public static Tensor[] Split(Tensor tensor, ReadOnlySpan<int> rowCounts)
    {
        ArgumentNullException.ThrowIfNull(tensor);
        var what = $"'{tensor.Name}'";
        ThrowIfNotAll(tensor, rowCounts, what);
        CheckSize(tensor.DataType, tensor.Shape, tensor.Data.Span, what);
        var rowElements = RowElements(tensor);
        var rowBytes = rowElements * tensor.DataType.ElementSize();
        var parts = new Tensor[rowCounts.Length];
        var shape = tensor.Shape;
        var offset = 0;
        long index = 0;
        for (var i = 0; i < parts.Length; i++)
        {
            var start = offset;
            if (tensor.DataType == DataType.Bytes)
            {
                BytesElements.Skip(tensor.Data.Span, ref offset, ref index, rowCounts[i] * rowElements, what);
            }
            else
            {
                offset += (int)(rowCounts[i] * rowBytes);
            }

            // Most parts of a batch have as many rows as the one before: one shape is enough for them.
            shape = i > 0 && rowCounts[i] == rowCounts[i - 1] ? shape : WithRows(tensor.Shape, rowCounts[i]);
            parts[i] = tensor with { Shape = shape, Data = tensor.Data[start..offset] };
        }

        return offset == tensor.Data.Length ? parts : throw new ProtocolException($"{what}: {tensor.Data.Length - offset} bytes after its last element, expected none");
    }

    /// <summary>Joins tensors of equal name, datatype and row shape along dimension 0.</summary>
    /// <exception cref="ArgumentException">There are none, or they differ.</exception>
    public static Tensor Concat(IReadOnlyList<Tensor> parts)
    {
        ArgumentNullException.ThrowIfNull(parts);
        if (parts.Count <= 1)
        {
            return parts.Count == 1 ? parts[0] : throw new ArgumentException("no tensors to join, expected at least one", nameof(parts));
        }

        var first = parts[0];
        long rows = 0, bytes = 0;
        foreach (var part in parts)
        {
            if (!CanJoin(first, part))
            {
                throw new ArgumentException(
                    $"cannot join '{part.Name}' {part.DataType.ToName()} {ShapeRules.ToText(part.Shape)} to '{first.Name}' {first.DataType.ToName()} {ShapeRules.ToText(first.Shape)}, expected equal name, datatype and row shape",
                    nameof(parts));
            }

            rows += part.Shape[0];
            bytes += part.Data.Length;
        }

        var data = GC.AllocateUninitializedArray<byte>(checked((int)bytes));
        var offset = 0;
        foreach (var part in parts)
        {
            part.Data.CopyTo(data.AsMemory(offset));
            offset += part.Data.Length;
        }

        return first with { Shape = WithRows(first.Shape, checked((int)rows)), Data = data };
    }

    /// <summary>Checks that the data has as many bytes as datatype and shape say, for BYTES walks the prefixes, for BOOL looks for other values than 0 and 1.</summary>
    /// <exception cref="ProtocolException">It has not.</exception>
    public static void Validate(Tensor tensor, string what)
    {
        ArgumentNullException.ThrowIfNull(tensor);
        var data = tensor.Data.Span;
        CheckSize(tensor.DataType, tensor.Shape, data, what);
        if (tensor.DataType == DataType.Bytes)
        {
            var offset = 0;
            long index = 0;
            BytesElements.Skip(data, ref offset, ref index, tensor.ElementCount, what);
            if (offset != data.Length)
            {
                throw new ProtocolException($"{what}: {data.Length - offset} bytes after its last element, expected none: shape {ShapeRules.ToText(tensor.Shape)} has {index} elements");
            }
        }
        else if (tensor.DataType == DataType.Bool && data.IndexOfAnyExceptInRange((byte)0, (byte)1) is >= 0 and var at)
        {
            throw new ProtocolException($"{what}: element {at}: expected 0 or 1 for BOOL but got {data[at]}");
        }
    }

    /// <summary>Checks the number of bytes alone, for BYTES that there are enough for the prefixes.</summary>
    internal static void CheckSize(DataType dataType, ReadOnlySpan<long> shape, ReadOnlySpan<byte> data, string what)
    {
        var isBytes = dataType == DataType.Bytes;
        var elementSize = isBytes ? BytesElements.PrefixSize : dataType.ElementSize();
        Int128 expected = elementSize;
        foreach (var dimension in shape)
        {
            // Saturates far beyond any length: no shape can make it wrap.
            expected = dimension < 0 ? throw new ProtocolException($"{what}: shape {ShapeRules.ToText(shape)} has a negative dimension") : Int128.Min(expected, long.MaxValue) * dimension;
        }

        if (isBytes ? data.Length < expected : data.Length != expected)
        {
            throw new ProtocolException(
                $"{what}: {data.Length} bytes of data, expected {(isBytes ? "at least " : "")}{expected} for {dataType.ToName()} {ShapeRules.ToText(shape)}");
        }
    }

    private static long RowElements(Tensor tensor) => tensor.Shape.Length == 0 ? 1 : Tensor.CountElements(tensor.Shape.AsSpan(1));

    private static long[] WithRows(long[] shape, int rows)
    {
        if (shape.Length == 0)
        {
            return shape;
        }

        var result = (long[])shape.Clone();
        result[0] = rows;
        return result;
    }

    private static bool CanJoin(Tensor first, Tensor next) =>
        first.Shape.Length > 0 && next.Shape.Length > 0 && first.DataType == next.DataType && first.Name == next.Name &&
        first.Shape.AsSpan(1).SequenceEqual(next.Shape.AsSpan(1));

    private static void ThrowIfNotAll(Tensor tensor, ReadOnlySpan<int> rowCounts, string what)
    {
        long sum = 0;
        foreach (var count in rowCounts)
        {
            sum += count >= 0 ? count : throw new ProtocolException($"{what}: a part of {count} rows, expected 0 or more");
        }

        if (sum != tensor.Rows)
        {
            throw new ProtocolException($"{what}: has {tensor.Rows} rows, expected {sum} for its {rowCounts.Length} parts");
        }
    }
}
