using System.Text.Json;

namespace Orchestrator.Protocol.Json;

/// <summary>
/// The short way for the numbers that nearly all requests are made of: few digits, no exponent. A decimal whose digits fit the mantissa, divided by a power of ten
/// that is exact too, is correctly rounded (one IEEE division of two exact operands), so the results equal the library's parser bit by bit.
/// </summary>
internal static class DecimalDigits
{
    private const int MaxIntegerDigits = 18;
    private const int MaxDoubleDigits = 15;
    private const long MaxSingleMantissa = 1L << 24;

    private static ReadOnlySpan<double> DoublePowers => [1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15];

    private static ReadOnlySpan<float> SinglePowers => [1, 1e1f, 1e2f, 1e3f, 1e4f, 1e5f, 1e6f, 1e7f, 1e8f, 1e9f, 1e10f];

    public static bool TryReadInteger(ref Utf8JsonReader reader, out long value)
    {
        value = 0;
        if (reader.HasValueSequence || !TryRead(reader.ValueSpan, MaxIntegerDigits, out value, out var decimals, out var isNegative) || decimals >= 0)
        {
            return false;
        }

        value = isNegative ? -value : value;
        return true;
    }

    public static bool TryReadDouble(ref Utf8JsonReader reader, out double value)
    {
        value = 0;
        if (reader.HasValueSequence || !TryRead(reader.ValueSpan, MaxDoubleDigits, out var digits, out var decimals, out var isNegative))
        {
            return false;
        }

        value = decimals > 0 ? digits / DoublePowers[decimals] : digits;
        value = isNegative ? -value : value;
        return true;
    }

    public static bool TryReadSingle(ref Utf8JsonReader reader, out float value)
    {
        value = 0;
        if (reader.HasValueSequence || !TryRead(reader.ValueSpan, MaxDoubleDigits, out var digits, out var decimals, out var isNegative) ||
            digits > MaxSingleMantissa || decimals >= SinglePowers.Length)
        {
            return false;
        }

        value = decimals > 0 ? digits / SinglePowers[decimals] : digits;
        value = isNegative ? -value : value;
        return true;
    }

    /// <summary>The digits as one integer, without the point.</summary>
    /// <param name="text">A JSON number: the reader has checked its grammar.</param>
    /// <param name="maxDigits">More than that: false.</param>
    /// <param name="digits">The digits.</param>
    /// <param name="decimals">How many stand after the point; -1: there is no point.</param>
    /// <param name="isNegative">Whether a minus stands before.</param>
    private static bool TryRead(ReadOnlySpan<byte> text, int maxDigits, out long digits, out int decimals, out bool isNegative)
    {
        digits = 0;
        decimals = -1;
        isNegative = text.Length > 0 && text[0] == (byte)'-';
        if (isNegative)
        {
            text = text[1..];
        }

        if (text.Length > maxDigits)
        {
            return false;
        }

        for (var i = 0; i < text.Length; i++)
        {
            var digit = (uint)(text[i] - '0');
            if (digit <= 9)
            {
                digits = (digits * 10) + digit;
            }
            else if (text[i] == (byte)'.')
            {
                decimals = text.Length - i - 1;
            }
            else
            {
                return false;
            }
        }

        return true;
    }
}
