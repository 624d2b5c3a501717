using System.Globalization;

namespace Orchestrator.Core;

/// <summary>Durations as people write them: <c>250us</c>, <c>20ms</c>, <c>1.5s</c>, <c>10min</c>, <c>2h</c>.</summary>
public static class Durations
{
    private static readonly (string Suffix, double Ticks)[] Units =
    [
        ("us", TimeSpan.TicksPerMicrosecond), ("µs", TimeSpan.TicksPerMicrosecond), ("ms", TimeSpan.TicksPerMillisecond), ("min", TimeSpan.TicksPerMinute),
        ("m", TimeSpan.TicksPerMinute), ("s", TimeSpan.TicksPerSecond), ("h", TimeSpan.TicksPerHour),
    ];

    /// <summary>What is accepted, for messages.</summary>
    public const string Expected = "a duration such as 250us, 20ms, 1.5s, 10min or 2h";

    /// <summary>Parses a number with a unit; a number without one is refused, for nobody knows what it means.</summary>
    public static bool TryParse(string? text, out TimeSpan value)
    {
        value = default;
        if (text is null)
        {
            return false;
        }

        text = text.Trim();
        foreach (var (suffix, ticks) in Units)
        {
            if (!text.EndsWith(suffix, StringComparison.Ordinal))
            {
                continue;
            }

            var number = text[..^suffix.Length].TrimEnd();
            if (double.TryParse(number, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var amount)
                && amount * ticks < TimeSpan.MaxValue.Ticks / 2.0)
            {
                value = TimeSpan.FromTicks((long)Math.Round(amount * ticks));
                return true;
            }
        }

        return text == "0";
    }

    /// <summary>The shortest form that parses back to the same value.</summary>
    public static string Format(TimeSpan value)
    {
        if (value == TimeSpan.Zero)
        {
            return "0s";
        }

        foreach (var (unit, ticks) in new[] { ("h", TimeSpan.TicksPerHour), ("min", TimeSpan.TicksPerMinute), ("s", TimeSpan.TicksPerSecond), ("ms", TimeSpan.TicksPerMillisecond) })
        {
            if (value.Ticks % ticks == 0)
            {
                return (value.Ticks / ticks).ToString(CultureInfo.InvariantCulture) + unit;
            }
        }

        return (value.Ticks / (decimal)TimeSpan.TicksPerMicrosecond).ToString(CultureInfo.InvariantCulture) + "us";
    }

    /// <summary>For messages, rounded to what people read: <c>0.25 ms</c>, <c>120 ms</c>, <c>59.8 s</c>, <c>1 min</c>, <c>2 h 5 min</c>. Not for what is parsed again.</summary>
    public static string Describe(TimeSpan value)
    {
        if (value < TimeSpan.Zero)
        {
            return "-" + Describe(value.Negate());
        }

        // Each limit is where the smaller unit would be rounded up to the larger one.
        return value.TotalMilliseconds switch
        {
            0 => "0 s",
            < 10 => string.Create(CultureInfo.InvariantCulture, $"{value.TotalMilliseconds:0.##} ms"),
            < 999.5 => string.Create(CultureInfo.InvariantCulture, $"{value.TotalMilliseconds:0} ms"),
            < 59_950 => string.Create(CultureInfo.InvariantCulture, $"{value.TotalSeconds:0.#} s"),
            < 3_599_500 => Pair((long)Math.Round(value.TotalSeconds), "min", "s"),
            _ => Pair((long)Math.Round(value.TotalMinutes), "h", "min"),
        };
    }

    private static string Pair(long amount, string larger, string smaller) =>
        string.Create(CultureInfo.InvariantCulture, $"{amount / 60} {larger}{(amount % 60 == 0 ? "" : $" {amount % 60} {smaller}")}");
}
