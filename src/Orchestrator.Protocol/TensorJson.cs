using System.Text.Json;

namespace Orchestrator.Protocol;

/// <summary>Converts between JSON values and tensor data; the one place that knows which JSON becomes which element.</summary>
public static partial class TensorJson
{
    /// <summary>
    /// Reads the value the reader stands on (a scalar, or a flat or nested array, row-major) and leaves it on the value's last token.
    /// Integers are accepted for floating types; a fraction for an integer type, a number out of range, a wrong kind or a ragged nesting is an error.
    /// For <see cref="DataType.Bytes"/> strings become UTF-8. NaN and infinities are written and read as the strings <c>"NaN"</c>, <c>"Infinity"</c>, <c>"-Infinity"</c>.
    /// </summary>
    /// <param name="reader">On the first token of the value.</param>
    /// <param name="dataType">What the elements become.</param>
    /// <param name="shape">The shape it must have, -1 where any length will do; flat data is accepted for any shape without -1 beyond dimension 0. On return the actual dimensions.</param>
    /// <param name="what">For messages: <c>input 'x'</c>.</param>
    /// <param name="limits">Bounds.</param>
    /// <returns>The raw elements.</returns>
    /// <exception cref="ProtocolException">As above; the message names <paramref name="what"/>, the index and what was expected.</exception>
    public static byte[] ReadData(ref Utf8JsonReader reader, DataType dataType, long[] shape, string what, CodecLimits limits) => throw new NotSupportedException();

    /// <summary>Writes elements as JSON: nested arrays by <paramref name="shape"/> (a scalar for an empty shape). Floats in their shortest round-trip form.</summary>
    /// <exception cref="ProtocolException">BF16 (raw only) or bytes that are no UTF-8.</exception>
    public static void WriteNested(Utf8JsonWriter writer, DataType dataType, ReadOnlySpan<long> shape, ReadOnlySpan<byte> data) => throw new NotSupportedException();

    /// <summary>Writes elements as one flat JSON array.</summary>
    public static void WriteFlat(Utf8JsonWriter writer, DataType dataType, ReadOnlySpan<byte> data) => throw new NotSupportedException();
}
