using System.Buffers.Binary;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json;
using System.Text.Unicode;
using Orchestrator.Protocol.Json;

namespace Orchestrator.Protocol;

public static partial class TensorJson
{
    private const int LongestHalf = 32;

    /// <summary>Writes elements as JSON: nested arrays by <paramref name="shape"/> (a scalar for an empty shape). Floats in their shortest round-trip form.</summary>
    /// <exception cref="ProtocolException">BF16 (raw only) or bytes that are no UTF-8.</exception>
    public static void WriteNested(Utf8JsonWriter writer, DataType dataType, ReadOnlySpan<long> shape, ReadOnlySpan<byte> data)
    {
        TensorRows.CheckSize(dataType, shape, data, "data");
        long index = 0;
        WriteLevel(writer, dataType, shape, ref data, ref index);
    }

    /// <summary>Writes elements as one flat JSON array.</summary>
    public static void WriteFlat(Utf8JsonWriter writer, DataType dataType, ReadOnlySpan<byte> data)
    {
        long index = 0;
        writer.WriteStartArray();
        if (dataType != DataType.Bytes)
        {
            WriteElements(writer, dataType, ref data, data.Length / dataType.ElementSize(), ref index);
        }

        while (!data.IsEmpty)
        {
            WriteElements(writer, dataType, ref data, 1, ref index);
        }

        writer.WriteEndArray();
    }

    private static void WriteLevel(Utf8JsonWriter writer, DataType dataType, ReadOnlySpan<long> shape, ref ReadOnlySpan<byte> data, ref long index)
    {
        if (shape.Length == 0)
        {
            WriteElements(writer, dataType, ref data, 1, ref index);
            return;
        }

        writer.WriteStartArray();
        if (shape.Length == 1)
        {
            WriteElements(writer, dataType, ref data, shape[0], ref index);
        }
        else
        {
            for (long i = 0; i < shape[0]; i++)
            {
                WriteLevel(writer, dataType, shape[1..], ref data, ref index);
            }
        }

        writer.WriteEndArray();
    }

    /// <summary>Writes up to <paramref name="count"/> elements and moves on.</summary>
    private static void WriteElements(Utf8JsonWriter writer, DataType dataType, ref ReadOnlySpan<byte> data, long count, ref long index)
    {
        if (dataType == DataType.Bytes)
        {
            WriteStrings(writer, ref data, count, ref index);
            return;
        }

        var length = checked((int)(count * dataType.ElementSize()));
        WriteNumbers(writer, dataType, data[..length]);
        data = data[length..];
        index += count;
    }

    private static void WriteNumbers(Utf8JsonWriter writer, DataType dataType, ReadOnlySpan<byte> data)
    {
        switch (dataType)
        {
            case DataType.Bool: foreach (var v in data) { writer.WriteBooleanValue(v != 0); } break;
            case DataType.UInt8: foreach (var v in data) { writer.WriteNumberValue((uint)v); } break;
            case DataType.UInt16: foreach (var v in MemoryMarshal.Cast<byte, ushort>(data)) { writer.WriteNumberValue((uint)v); } break;
            case DataType.UInt32: foreach (var v in MemoryMarshal.Cast<byte, uint>(data)) { writer.WriteNumberValue(v); } break;
            case DataType.UInt64: foreach (var v in MemoryMarshal.Cast<byte, ulong>(data)) { writer.WriteNumberValue(v); } break;
            case DataType.Int8: foreach (var v in MemoryMarshal.Cast<byte, sbyte>(data)) { writer.WriteNumberValue((int)v); } break;
            case DataType.Int16: foreach (var v in MemoryMarshal.Cast<byte, short>(data)) { writer.WriteNumberValue((int)v); } break;
            case DataType.Int32: foreach (var v in MemoryMarshal.Cast<byte, int>(data)) { writer.WriteNumberValue(v); } break;
            case DataType.Int64: foreach (var v in MemoryMarshal.Cast<byte, long>(data)) { writer.WriteNumberValue(v); } break;
            case DataType.Fp16: foreach (var v in MemoryMarshal.Cast<byte, Half>(data)) { WriteHalf(writer, v); } break;
            case DataType.Fp32: foreach (var v in MemoryMarshal.Cast<byte, float>(data)) { WriteSingle(writer, v); } break;
            case DataType.Fp64: foreach (var v in MemoryMarshal.Cast<byte, double>(data)) { WriteDouble(writer, v); } break;
            default: throw HasNoJsonForm(dataType, "data");
        }
    }

    private static void WriteDouble(Utf8JsonWriter writer, double value)
    {
        if (double.IsFinite(value))
        {
            writer.WriteNumberValue(value);
            return;
        }

        WriteWord(writer, value);
    }

    private static void WriteSingle(Utf8JsonWriter writer, float value)
    {
        if (float.IsFinite(value))
        {
            writer.WriteNumberValue(value);
            return;
        }

        WriteWord(writer, value);
    }

    private static void WriteHalf(Utf8JsonWriter writer, Half value)
    {
        if (!Half.IsFinite(value))
        {
            WriteWord(writer, (double)value);
            return;
        }

        // The writer knows no Half; through float it would print digits that a Half does not have.
        Span<byte> text = stackalloc byte[LongestHalf];
        value.TryFormat(text, out var length, default, CultureInfo.InvariantCulture);
        writer.WriteRawValue(text[..length], skipInputValidation: true);
    }

    private static void WriteWord(Utf8JsonWriter writer, double value) =>
        writer.WriteStringValue(double.IsNaN(value) ? FloatWords.NaN : value > 0 ? FloatWords.PositiveInfinity : FloatWords.NegativeInfinity);

    private static void WriteStrings(Utf8JsonWriter writer, ref ReadOnlySpan<byte> data, long count, ref long index)
    {
        for (; count > 0; count--, index++)
        {
            var element = BytesElements.Next(data, 0, index, "data");
            if (!Utf8.IsValid(element))
            {
                throw new ProtocolException($"data: element {index}: not valid UTF-8, expected text for JSON; ask for it as binary tensor data");
            }

            writer.WriteStringValue(element);
            data = data[(BytesElements.PrefixSize + element.Length)..];
        }
    }
}
