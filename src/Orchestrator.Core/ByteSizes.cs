using System.Globalization;

namespace Orchestrator.Core;

/// <summary>Sizes as people write them: <c>8MiB</c>, <c>512KiB</c>, <c>10MB</c>, or a plain number of bytes.</summary>
public static class ByteSizes
{
    private static readonly (string Suffix, long Bytes)[] Units =
    [
        ("KiB", 1L << 10), ("MiB", 1L << 20), ("GiB", 1L << 30), ("TiB", 1L << 40),
        ("kB", 1_000), ("KB", 1_000), ("MB", 1_000_000), ("GB", 1_000_000_000), ("TB", 1_000_000_000_000), ("B", 1), ("", 1),
    ];

    /// <summary>What is accepted, for messages.</summary>
    public const string Expected = "a size such as 512KiB, 8MiB, 10MB or a number of bytes";

    /// <summary>Parses a size of a whole number of bytes.</summary>
    public static bool TryParse(string? text, out long bytes)
    {
        bytes = 0;
        if (text is null)
        {
            return false;
        }

        text = text.Trim();
        var (suffix, unit) = Units.First(u => text.EndsWith(u.Suffix, StringComparison.Ordinal));
        var number = text[..^suffix.Length].TrimEnd();
        if (!decimal.TryParse(number, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var amount) || amount > long.MaxValue / unit)
        {
            return false;
        }

        amount *= unit;
        bytes = (long)amount;
        return bytes == amount;
    }

    /// <summary>The shortest form that parses back to the same value.</summary>
    public static string Format(long bytes)
    {
        foreach (var (suffix, unit) in Units[..4].Reverse())
        {
            if (bytes != 0 && bytes % unit == 0)
            {
                return (bytes / unit).ToString(CultureInfo.InvariantCulture) + suffix;
            }
        }

        return bytes.ToString(CultureInfo.InvariantCulture) + "B";
    }
}
