using System.Globalization;
using System.Numerics;
using System.Text;
using System.Text.Json;

namespace Orchestrator.Protocol.Json;

/// <summary>
/// Whole numbers on their way into a float. Beyond 2^53 neighbours fall together, and a whole number of that size is nearly always an identifier, so it must not be
/// rounded in silence. Digits are taken if they are exact, or if they are how a double itself is written (JavaScript writes 2^69 as 590295810358705700000).
/// </summary>
internal static class WholeNumbers
{
    private const double Exact = 1L << 53;

    /// <summary>Whether the JSON number the reader stands on may become <paramref name="value"/>, which it was read as. Numbers with a point or an exponent always may.</summary>
    public static bool Survives(ref Utf8JsonReader reader, double value)
    {
        if (Math.Abs(value) < Exact)
        {
            return true;
        }

        var text = reader.HasValueSequence ? System.Buffers.BuffersExtensions.ToArray(reader.ValueSequence) : reader.ValueSpan;
        if (text.IndexOfAny(".eE"u8) >= 0)
        {
            return true;
        }

        // Beyond 400 digits no double is finite, so this is bounded.
        var digits = BigInteger.Parse(Encoding.ASCII.GetString(text), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture);
        return digits == new BigInteger(value) || digits == Written(value);
    }

    /// <summary>Whether this integer has a double of its own.</summary>
    public static bool Survives<T>(T value)
        where T : INumberBase<T>
    {
        var number = Int128.CreateChecked(value);
        return Int128.Abs(number) <= (Int128)Exact || (Int128)(double)number == number;
    }

    /// <summary>What stands against it, as the end of a message.</summary>
    public static string Objection(double nearest) =>
        string.Create(CultureInfo.InvariantCulture, $", a whole number beyond 2^53 that would be rounded to {nearest:F0}: an identifier belongs into an INT64 or BYTES input, a measurement may be sent rounded");

    // The shortest digits that read as this double, without exponent.
    private static BigInteger Written(double value) =>
        BigInteger.Parse(value.ToString("R", CultureInfo.InvariantCulture), NumberStyles.AllowLeadingSign | NumberStyles.AllowExponent | NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture);
}
