using System.Numerics;

namespace Orchestrator.Load;

/// <summary>
/// Latencies in log-linear buckets: 128 to each power of two of 100 ns, so that a bucket is at most 0.8 % of its value wide. Recording is one atomic
/// addition; histograms of equal shape merge by addition. A percentile is the upper end of its bucket: never below the true one, at most 0.8 % above.
/// </summary>
public sealed class LatencyHistogram
{
    private const int BitsPerOctave = 7;
    private const int PerOctave = 1 << BitsPerOctave;
    // 2^40 x 100 ns = 30 h: longer than any plan may last.
    private const int MaxBits = 40;
    private const long MaxTicks = (1L << MaxBits) - 1;
    private readonly long[] _buckets = new long[PerOctave + ((MaxBits - BitsPerOctave) * PerOctave)];
    private long _max;
    private long _sum;

    /// <summary>How many latencies were recorded.</summary>
    public long Count
    {
        get
        {
            var count = 0L;
            foreach (ref var bucket in _buckets.AsSpan())
            {
                count += Volatile.Read(ref bucket);
            }

            return count;
        }
    }

    /// <summary>The longest, exactly; 0 when there is none.</summary>
    public TimeSpan Max => TimeSpan.FromTicks(Volatile.Read(ref _max));

    /// <summary>The mean, exactly; 0 when there is none.</summary>
    public TimeSpan Mean => Count is var count and > 0 ? TimeSpan.FromTicks(Volatile.Read(ref _sum) / count) : TimeSpan.Zero;

    /// <summary>Half of the latencies are at most this.</summary>
    public TimeSpan P50 => Percentile(50);

    /// <summary>90 % of the latencies are at most this.</summary>
    public TimeSpan P90 => Percentile(90);

    /// <summary>95 % of the latencies are at most this.</summary>
    public TimeSpan P95 => Percentile(95);

    /// <summary>99 % of the latencies are at most this.</summary>
    public TimeSpan P99 => Percentile(99);

    /// <summary>99.9 % of the latencies are at most this.</summary>
    public TimeSpan P999 => Percentile(99.9);

    /// <summary>Counts one latency; below 0 counts as 0. Safe to call from several threads.</summary>
    public void Record(TimeSpan latency)
    {
        var ticks = Math.Clamp(latency.Ticks, 0, MaxTicks);
        Interlocked.Increment(ref _buckets[BucketOf(ticks)]);
        Interlocked.Add(ref _sum, ticks);
        for (var max = Volatile.Read(ref _max); ticks > max;)
        {
            max = Interlocked.CompareExchange(ref _max, ticks, max) is var seen && seen == max ? ticks : seen;
        }
    }

    /// <summary>Adds everything that <paramref name="other"/> counted.</summary>
    public void Merge(LatencyHistogram other)
    {
        for (var i = 0; i < _buckets.Length; i++)
        {
            Interlocked.Add(ref _buckets[i], Volatile.Read(ref other._buckets[i]));
        }

        Interlocked.Add(ref _sum, Volatile.Read(ref other._sum));
        for (long max = Volatile.Read(ref _max), theirs = Volatile.Read(ref other._max); theirs > max;)
        {
            max = Interlocked.CompareExchange(ref _max, theirs, max) is var seen && seen == max ? theirs : seen;
        }
    }

    /// <summary>The latency that <paramref name="percent"/> (0 to 100) of all are at most; 0 when there is none.</summary>
    public TimeSpan Percentile(double percent)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(percent);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(percent, 100);
        var rank = Math.Max(1, (long)Math.Ceiling(Count * (percent / 100)));
        var seen = 0L;
        for (var i = 0; i < _buckets.Length; i++)
        {
            seen += Volatile.Read(ref _buckets[i]);
            if (seen >= rank)
            {
                return TimeSpan.FromTicks(Math.Min(UpperEnd(i), Volatile.Read(ref _max)));
            }
        }

        return Max;
    }

    private static int BucketOf(long ticks)
    {
        // Below 2^7 each tick has its own bucket; above, the 7 bits after the leading one choose among the 128 of the octave.
        var shift = Math.Max(0, BitOperations.Log2((ulong)ticks) - BitsPerOctave);
        return (shift * PerOctave) + (int)(ticks >> shift);
    }

    private static long UpperEnd(int bucket)
    {
        // Undoes BucketOf: for shift > 0 the shifted value lies in [128, 256).
        var shift = Math.Max(0, (bucket / PerOctave) - 1);
        return ((bucket - (shift * PerOctave) + 1L) << shift) - 1;
    }
}
