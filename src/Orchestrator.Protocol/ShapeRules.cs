using System.Globalization;

namespace Orchestrator.Protocol;

/// <summary>What a shape may be before anything is allocated by it.</summary>
internal static class ShapeRules
{
    /// <summary>A tensor with a dimension of 0 costs its sender nothing, so the dimensions before it are bounded: others allocate by rows.</summary>
    public const int MaxEmptyRows = 65_536;

    /// <summary>Checks rank, dimensions and size; a -1 (only where <paramref name="allowVariable"/>) counts as 1.</summary>
    /// <returns>The number of elements, or of elements per unknown where a dimension is -1.</returns>
    /// <exception cref="ProtocolException">A dimension is negative or too large, there are too many, or the tensor would be larger than the limit.</exception>
    public static long Check(ReadOnlySpan<long> shape, DataType dataType, string what, CodecLimits limits, bool allowVariable = false)
    {
        if (shape.Length > limits.MaxRank)
        {
            throw new ProtocolException($"{what}: shape has {shape.Length} dimensions, expected at most {limits.MaxRank}");
        }

        var elementSize = dataType == DataType.Bytes ? BytesElements.PrefixSize : dataType.ElementSize();
        var most = Math.Min(limits.MaxTensorBytes, Array.MaxLength) / elementSize;
        long count = 1;
        var isEmpty = false;
        for (var i = 0; i < shape.Length; i++)
        {
            if (shape[i] < 0 && !(allowVariable && shape[i] == -1))
            {
                throw new ProtocolException($"{what}: dimension {i} of shape {ToText(shape)} is negative, expected 0 or more");
            }

            if (shape[i] == 0)
            {
                ThrowIfManyEmptyRows(isEmpty ? 0 : count, shape, what);
                isEmpty = true;
                continue;
            }

            // Divided, not multiplied: nothing here may overflow. What stands beside a 0 is bounded too, others multiply parts of shapes.
            if (Math.Abs(shape[i]) > most / count)
            {
                throw new ProtocolException($"{what}: shape {ToText(shape)} of {dataType.ToName()} is larger than a tensor may be, expected at most {limits.MaxTensorBytes} bytes");
            }

            count *= Math.Abs(shape[i]);
        }

        return isEmpty ? 0 : count;
    }

    /// <summary>The shape as people and JSON write it: <c>[2, 64]</c>.</summary>
    public static string ToText(ReadOnlySpan<long> shape)
    {
        var parts = new string[Math.Min(shape.Length, 32)];
        for (var i = 0; i < parts.Length; i++)
        {
            parts[i] = shape[i].ToString(CultureInfo.InvariantCulture);
        }

        return $"[{string.Join(", ", parts)}{(shape.Length > parts.Length ? ", ..." : "")}]";
    }

    private static void ThrowIfManyEmptyRows(long rows, ReadOnlySpan<long> shape, string what)
    {
        if (rows > MaxEmptyRows)
        {
            throw new ProtocolException($"{what}: shape {ToText(shape)} has rows without elements, expected at most {MaxEmptyRows} of them");
        }
    }
}
