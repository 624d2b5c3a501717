using System.Text.Json;
using Orchestrator.Protocol.Json;

namespace Orchestrator.Protocol;

/// <summary>Converts between JSON values and tensor data; the one place that knows which JSON becomes which element.</summary>
public static partial class TensorJson
{
    /// <summary>
    /// Reads the value the reader stands on (a scalar, or a flat or nested array, row-major) and leaves it on the value's last token.
    /// Integers are accepted for floating types, beyond 2^53 only if they survive (see <paramref name="rounds"/>); a fraction for an integer type, a number out of range, a wrong kind or a ragged nesting is an error.
    /// For <see cref="DataType.Bytes"/> strings become UTF-8. NaN and infinities are written and read as the strings <c>"NaN"</c>, <c>"Infinity"</c>, <c>"-Infinity"</c>.
    /// </summary>
    /// <param name="reader">On the first token of the value.</param>
    /// <param name="dataType">What the elements become.</param>
    /// <param name="shape">The shape it must have, -1 where any length will do; flat data is accepted for any shape without -1 beyond dimension 0. On return the actual dimensions.</param>
    /// <param name="what">For messages: <c>input 'x'</c>.</param>
    /// <param name="limits">Bounds.</param>
    /// <param name="rounds">Whether a whole number that a float cannot hold is rounded (answers); else it is an error (requests).</param>
    /// <returns>The raw elements.</returns>
    /// <exception cref="ProtocolException">As above; the message names <paramref name="what"/>, the index and what was expected.</exception>
    public static byte[] ReadData(ref Utf8JsonReader reader, DataType dataType, long[] shape, string what, CodecLimits limits, bool rounds = false)
    {
        var known = ShapeRules.Check(shape, dataType, what, limits, allowVariable: true);
        var elementSize = dataType == DataType.Bytes ? BytesElements.PrefixSize : dataType.ElementSize();
        var maxBytes = Math.Min(limits.MaxTensorBytes, Array.MaxLength);
        var capacity = shape.AsSpan().Contains(-1) ? maxBytes / elementSize : known;
        try
        {
            return dataType switch
            {
                DataType.Bool => ReadNumbers<byte, BoolFormat>(ref reader, shape, capacity, what, rounds),
                DataType.UInt8 => ReadNumbers<byte, IntegerFormat<byte>>(ref reader, shape, capacity, what, rounds),
                DataType.UInt16 => ReadNumbers<ushort, IntegerFormat<ushort>>(ref reader, shape, capacity, what, rounds),
                DataType.UInt32 => ReadNumbers<uint, IntegerFormat<uint>>(ref reader, shape, capacity, what, rounds),
                DataType.UInt64 => ReadNumbers<ulong, IntegerFormat<ulong>>(ref reader, shape, capacity, what, rounds),
                DataType.Int8 => ReadNumbers<sbyte, IntegerFormat<sbyte>>(ref reader, shape, capacity, what, rounds),
                DataType.Int16 => ReadNumbers<short, IntegerFormat<short>>(ref reader, shape, capacity, what, rounds),
                DataType.Int32 => ReadNumbers<int, IntegerFormat<int>>(ref reader, shape, capacity, what, rounds),
                DataType.Int64 => ReadNumbers<long, IntegerFormat<long>>(ref reader, shape, capacity, what, rounds),
                DataType.Fp16 => ReadNumbers<Half, HalfFormat>(ref reader, shape, capacity, what, rounds),
                DataType.Fp32 => ReadNumbers<float, SingleFormat>(ref reader, shape, capacity, what, rounds),
                DataType.Fp64 => ReadNumbers<double, DoubleFormat>(ref reader, shape, capacity, what, rounds),
                DataType.Bytes => ReadStrings(ref reader, shape, capacity, maxBytes, what),
                _ => throw HasNoJsonForm(dataType, what),
            };
        }
        catch (JsonException e)
        {
            throw WireJson.Invalid(e);
        }
    }

    internal static ProtocolException WrongElement(ref Utf8JsonReader reader, string what, long index, string expected, bool isFloat = false)
    {
        var isWhole = reader.TokenType == JsonTokenType.Number && !WireJson.Excerpt(ref reader).AsSpan().ContainsAny(".eE");
        var reason = reader.TokenType switch
        {
            JsonTokenType.Null => " (a missing value has no place in a tensor)",
            JsonTokenType.Number when isWhole && isFloat && reader.TryGetDouble(out var nearest) && double.IsFinite(nearest) && !WholeNumbers.Survives(ref reader, nearest) => WholeNumbers.Objection(nearest),
            JsonTokenType.Number when isWhole => ", which is out of range",
            _ => "",
        };
        return new ProtocolException($"{what}: element {index}: expected {expected} but got {WireJson.Excerpt(ref reader)}{reason}");
    }

    private static ProtocolException HasNoJsonForm(DataType dataType, string what) =>
        new($"{what}: {dataType.ToName()} has no JSON form, expected it as binary tensor data");

    private static byte[] ReadNumbers<T, TFormat>(ref Utf8JsonReader reader, long[] shape, long capacity, string what, bool rounds)
        where T : unmanaged
        where TFormat : struct, IElementFormat<T>
    {
        var sink = new NumberSink<T, TFormat>(capacity, what, rounds);
        try
        {
            return Read(ref reader, ref sink, shape, what, capacity);
        }
        finally
        {
            sink.Dispose();
        }
    }

    private static byte[] ReadStrings(ref Utf8JsonReader reader, long[] shape, long capacity, long maxBytes, string what)
    {
        var sink = new StringSink(capacity, maxBytes, what);
        try
        {
            return Read(ref reader, ref sink, shape, what, capacity);
        }
        finally
        {
            sink.Dispose();
        }
    }

    private static byte[] Read<TSink>(ref Utf8JsonReader reader, ref TSink sink, long[] shape, string what, long capacity)
        where TSink : struct, IElementSink
    {
        // The caller's shape changes only if all went well.
        var actual = (long[])shape.Clone();
        new NestingWalk(actual, what).Read(ref reader, ref sink);
        if (sink.Count > capacity)
        {
            throw new ProtocolException($"{what}: data has {sink.Count} elements, expected at most {capacity}: the tensor is larger than it may be");
        }

        actual.CopyTo(shape);
        return sink.ToArray();
    }
}
