namespace Orchestrator.Core.Time;

/// <summary>An absolute point on the monotonic clock of a <see cref="TimeProvider"/>; comparing two deadlines needs no clock.</summary>
/// <param name="Timestamp">As of <see cref="TimeProvider.GetTimestamp"/>, in units of <see cref="TimeProvider.TimestampFrequency"/>.</param>
public readonly record struct Deadline(long Timestamp) : IComparable<Deadline>
{
    /// <summary>Never passes.</summary>
    public static Deadline Never { get; } = new(long.MaxValue);

    /// <summary>The deadline <paramref name="budget"/> from now.</summary>
    public static Deadline After(TimeProvider time, TimeSpan budget) => At(time, time.GetTimestamp(), budget);

    /// <summary>The deadline <paramref name="budget"/> after <paramref name="timestamp"/>.</summary>
    public static Deadline At(TimeProvider time, long timestamp, TimeSpan budget) =>
        new(timestamp + (long)(budget.Ticks * ((double)time.TimestampFrequency / TimeSpan.TicksPerSecond)));

    /// <summary>What is left; negative once it has passed.</summary>
    public TimeSpan Remaining(TimeProvider time) => RemainingAt(time, time.GetTimestamp());

    /// <summary>What is left at <paramref name="now"/>; negative once it has passed.</summary>
    public TimeSpan RemainingAt(TimeProvider time, long now) =>
        Timestamp == long.MaxValue ? TimeSpan.MaxValue : TimeSpan.FromTicks((long)((Timestamp - now) * ((double)TimeSpan.TicksPerSecond / time.TimestampFrequency)));

    /// <summary>The earlier of the two.</summary>
    public static Deadline Min(Deadline a, Deadline b) => a.Timestamp <= b.Timestamp ? a : b;

    /// <inheritdoc/>
    public int CompareTo(Deadline other) => Timestamp.CompareTo(other.Timestamp);

    /// <summary>Earlier than.</summary>
    public static bool operator <(Deadline left, Deadline right) => left.Timestamp < right.Timestamp;

    /// <summary>Later than.</summary>
    public static bool operator >(Deadline left, Deadline right) => left.Timestamp > right.Timestamp;

    /// <summary>Not later than.</summary>
    public static bool operator <=(Deadline left, Deadline right) => left.Timestamp <= right.Timestamp;

    /// <summary>Not earlier than.</summary>
    public static bool operator >=(Deadline left, Deadline right) => left.Timestamp >= right.Timestamp;
}
