using System.Globalization;

namespace Orchestrator.Load;

/// <summary>How many requests ended in each <see cref="AnswerClass"/>.</summary>
public readonly struct AnswerCounts
{
    internal static readonly int Classes = Enum.GetValues<AnswerClass>().Length;
    private readonly long[]? _counts;

    internal AnswerCounts(ReadOnlySpan<long> counts) => _counts = counts.ToArray();

    /// <summary>These, and 0 of every other class.</summary>
    public static AnswerCounts Of(params ReadOnlySpan<(AnswerClass Answer, long Count)> counts)
    {
        var all = new long[Classes];
        foreach (var (answer, count) in counts)
        {
            all[(int)answer] += count;
        }

        return new AnswerCounts(all);
    }

    /// <summary>Of one class.</summary>
    public long this[AnswerClass answer] => _counts is null ? 0 : _counts[(int)answer];

    /// <summary>Answers of the model that a check, if there was one, had nothing against.</summary>
    public long Model => this[AnswerClass.Model];

    /// <summary>Default outputs.</summary>
    public long Default => this[AnswerClass.Default];

    /// <summary>Answers that the check refused.</summary>
    public long Wrong => this[AnswerClass.Wrong];

    /// <summary>Broken, refused and timed out together.</summary>
    public long ConnectionErrors => this[AnswerClass.Broken] + this[AnswerClass.Refused] + this[AnswerClass.TimedOut];

    /// <summary>Every request.</summary>
    public long Total => _counts is null ? 0 : _counts.AsSpan().Sum();

    /// <summary>Both together.</summary>
    public static AnswerCounts operator +(AnswerCounts left, AnswerCounts right) => left.Combine(right, 1);

    /// <summary>The first without the second.</summary>
    public static AnswerCounts operator -(AnswerCounts left, AnswerCounts right) => left.Combine(right, -1);

    /// <summary>Same as +.</summary>
    public static AnswerCounts Add(AnswerCounts left, AnswerCounts right) => left + right;

    /// <summary>Same as -.</summary>
    public static AnswerCounts Subtract(AnswerCounts left, AnswerCounts right) => left - right;

    /// <summary>One line: <c>model 1200, default 3</c>, without what is 0.</summary>
    public override string ToString()
    {
        var counts = this;
        var parts = Enum.GetValues<AnswerClass>().Where(c => counts[c] != 0).Select(c => string.Create(CultureInfo.InvariantCulture, $"{Name(c)} {counts[c]}"));
        var line = string.Join(", ", parts);
        return line.Length == 0 ? "none" : line;
    }

    private static string Name(AnswerClass answer) => answer switch
    {
        AnswerClass.TooManyRequests => "429",
        AnswerClass.Unavailable => "503",
        AnswerClass.DeadlineExceeded => "504",
        AnswerClass.OtherStatus => "other status",
        AnswerClass.TimedOut => "timed out",
        _ => answer.ToString().ToLowerInvariant(),
    };

    private AnswerCounts Combine(AnswerCounts other, int sign)
    {
        var counts = new long[Classes];
        for (var i = 0; i < counts.Length; i++)
        {
            counts[i] = this[(AnswerClass)i] + (sign * other[(AnswerClass)i]);
        }

        return new AnswerCounts(counts);
    }
}

file static class Sums
{
    public static long Sum(this Span<long> values)
    {
        var sum = 0L;
        foreach (var value in values)
        {
            sum += value;
        }

        return sum;
    }
}
