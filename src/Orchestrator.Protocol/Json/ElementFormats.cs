using System.Globalization;
using System.Numerics;
using System.Text.Json;

namespace Orchestrator.Protocol.Json;

/// <summary>true and false.</summary>
internal readonly struct BoolFormat : IElementFormat<byte>
{
    public static string Expected => "true or false for BOOL";

    public static bool TryRead(ref Utf8JsonReader reader, out byte value)
    {
        value = reader.TokenType == JsonTokenType.True ? (byte)1 : (byte)0;
        return reader.TokenType is JsonTokenType.True or JsonTokenType.False;
    }
}

/// <summary>Integers, without loss over the whole range.</summary>
internal readonly struct IntegerFormat<T> : IElementFormat<T>
    where T : unmanaged, IBinaryInteger<T>, IMinMaxValue<T>
{
    public static string Expected { get; } =
        string.Create(CultureInfo.InvariantCulture, $"an integer for {(T.MinValue == T.Zero ? "U" : "")}INT{T.Zero.GetByteCount() * 8} ({T.MinValue} to {T.MaxValue})");

    public static bool TryRead(ref Utf8JsonReader reader, out T value)
    {
        value = default;
        if (reader.TokenType != JsonTokenType.Number)
        {
            return false;
        }

        if (!DecimalDigits.TryReadInteger(ref reader, out var number) && !reader.TryGetInt64(out number))
        {
            if (typeof(T) == typeof(ulong) && reader.TryGetUInt64(out var large))
            {
                value = T.CreateTruncating(large);
                return true;
            }

            return false;
        }

        value = T.CreateTruncating(number);
        return long.CreateTruncating(value) == number && T.IsNegative(value) == number < 0;
    }
}

/// <summary>FP64: numbers, and the three words JSON has no number for.</summary>
internal readonly struct DoubleFormat : IElementFormat<double>
{
    public static string Expected => FloatWords.Expected("FP64");

    public static bool TryRead(ref Utf8JsonReader reader, out double value)
    {
        if (reader.TokenType != JsonTokenType.Number)
        {
            return FloatWords.TryRead(ref reader, out value);
        }

        return DecimalDigits.TryReadDouble(ref reader, out value) || (TryReadRounded(ref reader, out value) && WholeNumbers.Survives(ref reader, value));
    }

    public static bool TryReadRounded(ref Utf8JsonReader reader, out double value)
    {
        value = 0;
        return reader.TokenType == JsonTokenType.Number && reader.TryGetDouble(out value) && double.IsFinite(value);
    }
}

/// <summary>FP32, rounded once from the decimal digits.</summary>
internal readonly struct SingleFormat : IElementFormat<float>
{
    public static string Expected => FloatWords.Expected("FP32");

    public static bool TryRead(ref Utf8JsonReader reader, out float value)
    {
        if (reader.TokenType != JsonTokenType.Number)
        {
            var isWord = FloatWords.TryRead(ref reader, out var word);
            value = (float)word;
            return isWord;
        }

        return DecimalDigits.TryReadSingle(ref reader, out value)
            || (TryReadRounded(ref reader, out value) && (!reader.TryGetDouble(out var exact) || WholeNumbers.Survives(ref reader, exact)));
    }

    public static bool TryReadRounded(ref Utf8JsonReader reader, out float value)
    {
        value = 0;
        return reader.TokenType == JsonTokenType.Number && reader.TryGetSingle(out value) && float.IsFinite(value);
    }
}

/// <summary>FP16.</summary>
internal readonly struct HalfFormat : IElementFormat<Half>
{
    public static string Expected => FloatWords.Expected("FP16");

    public static bool TryRead(ref Utf8JsonReader reader, out Half value)
    {
        if (reader.TokenType != JsonTokenType.Number)
        {
            var isWord = FloatWords.TryRead(ref reader, out var word);
            value = (Half)word;
            return isWord;
        }

        var isNumber = reader.TryGetDouble(out var number);
        value = (Half)number;
        return isNumber && Half.IsFinite(value);
    }
}

/// <summary>The floats that are strings in JSON.</summary>
internal static class FloatWords
{
    public const string NaN = "NaN";
    public const string PositiveInfinity = "Infinity";
    public const string NegativeInfinity = "-Infinity";

    public static string Expected(string dataType) => $"a number in the range of {dataType}, \"{NaN}\", \"{PositiveInfinity}\" or \"{NegativeInfinity}\"";

    public static bool TryRead(ref Utf8JsonReader reader, out double value)
    {
        value = double.NaN;
        if (reader.TokenType != JsonTokenType.String || reader.HasValueSequence)
        {
            return false;
        }

        var word = reader.ValueSpan;
        if (word.SequenceEqual("Infinity"u8))
        {
            value = double.PositiveInfinity;
        }
        else if (word.SequenceEqual("-Infinity"u8))
        {
            value = double.NegativeInfinity;
        }

        return !double.IsNaN(value) || word.SequenceEqual("NaN"u8);
    }
}
