namespace Orchestrator.Serving.Queueing;

/// <summary>Converts between durations and the timestamps of one clock.</summary>
/// <param name="Frequency">Timestamps per second.</param>
internal readonly record struct Timescale(long Frequency)
{
    public static Timescale Of(TimeProvider time) => new(time.TimestampFrequency);

    public long ToTimestamps(TimeSpan span) => (long)(span.Ticks * ((double)Frequency / TimeSpan.TicksPerSecond));

    public TimeSpan ToSpan(long timestamps) => new((long)(timestamps * ((double)TimeSpan.TicksPerSecond / Frequency)));
}
