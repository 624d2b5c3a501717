using System.Numerics;
using Orchestrator.Core.Serving;

namespace Orchestrator.Serving.Profiling;

/// <summary>
/// Latency of batches by size, learned online: buckets of 1, 2, 3-4, 5-8, ... rows, each with its last <see cref="SamplesPerBucket"/> durations. The estimate
/// of a size is a high quantile of its bucket, never below that of a smaller bucket; sizes never seen are extended along the line through the two largest
/// buckets. Readers see a consistent table that a writer swaps in; writers take turns.
/// </summary>
internal sealed class LatencyProfile : ILatencyEstimate
{
    public const int SamplesPerBucket = 64;
    public const double Quantile = 0.95;

    /// <summary>A bucket's quantile is taken anew after this many of its samples (always while it has few).</summary>
    private const int RefreshEvery = 8;
    private const int Buckets = 21;

    /// <summary>The first call of a container is often its slowest by far: from it alone nobody knows how fast it can be.</summary>
    private const int FewestForFastest = 3;

    private readonly Lock _lock = new();
    private readonly Bucket?[] _buckets = new Bucket?[Buckets];
    private Table _table = new([], [], 0, new long[Buckets]);

    public int LargestRows => Volatile.Read(ref _table).LargestRows;

    public int BucketsMeasured => Volatile.Read(ref _table).Rows.Length;

    /// <summary>Takes in a batch that came back.</summary>
    public void Record(int rows, TimeSpan duration)
    {
        var index = IndexOf(rows);
        lock (_lock)
        {
            var bucket = _buckets[index] ??= new Bucket();
            bucket.Add(duration.Ticks, rows);
            if (bucket.Count <= RefreshEvery || bucket.Added % RefreshEvery == 0)
            {
                Volatile.Write(ref _table, BuildNeedsLock());
            }
        }
    }

    public TimeSpan Estimate(int rows) => TimeSpan.FromTicks(Volatile.Read(ref _table).Estimate(rows));

    public TimeSpan Fastest(int rows) => TimeSpan.FromTicks(Volatile.Read(ref _table).Fastest[IndexOf(rows)]);

    public int LargestRowsWithin(TimeSpan budget, int maxRows)
    {
        var table = Volatile.Read(ref _table);
        int low = 1, high = Math.Max(1, maxRows);
        while (low < high)
        {
            var middle = low + ((high - low + 1) / 2);
            if (table.Estimate(middle) <= budget.Ticks)
            {
                low = middle;
            }
            else
            {
                high = middle - 1;
            }
        }

        return low;
    }

    /// <summary>The buckets, for people.</summary>
    public IReadOnlyList<ProfileBucket> Describe()
    {
        lock (_lock)
        {
            var result = new List<ProfileBucket>();
            for (var i = 0; i < Buckets; i++)
            {
                if (_buckets[i] is { } bucket)
                {
                    result.Add(new ProfileBucket(1 << i, bucket.Count, TimeSpan.FromTicks(bucket.At(0.5)), TimeSpan.FromTicks(bucket.At(0.99))));
                }
            }

            return result;
        }
    }

    private static int IndexOf(int rows) => Math.Min(Buckets - 1, rows <= 1 ? 0 : BitOperations.Log2((uint)rows - 1) + 1);

    private Table BuildNeedsLock()
    {
        var rows = new List<double>();
        var ticks = new List<long>();
        var fastest = new long[Buckets];
        long floor = 0;
        var largest = 0;
        for (var i = 0; i < Buckets; i++)
        {
            if (_buckets[i] is not { } bucket)
            {
                continue;
            }

            // More rows never take less: a bucket that says so has too few or too lucky samples.
            floor = Math.Max(floor, bucket.At(Quantile));
            rows.Add(bucket.MeanRows);
            ticks.Add(floor);
            fastest[i] = bucket.Count < FewestForFastest ? 0 : bucket.At(0);
            largest = Math.Max(largest, bucket.MaxRows);
        }

        return new Table([.. rows], [.. ticks], largest, fastest);
    }

    private sealed class Bucket
    {
        private readonly long[] _ticks = new long[SamplesPerBucket];
        private readonly int[] _rows = new int[SamplesPerBucket];

        public int Count { get; private set; }

        public long Added { get; private set; }

        public int MaxRows { get; private set; }

        public double MeanRows
        {
            get
            {
                double sum = 0;
                for (var i = 0; i < Count; i++)
                {
                    sum += _rows[i];
                }

                return sum / Count;
            }
        }

        public void Add(long ticks, int rows)
        {
            var slot = (int)(Added++ % SamplesPerBucket);
            _ticks[slot] = ticks;
            _rows[slot] = rows;
            Count = Math.Min(Count + 1, SamplesPerBucket);
            MaxRows = Math.Max(MaxRows, rows);
        }

        public long At(double quantile)
        {
            Span<long> sorted = stackalloc long[SamplesPerBucket];
            _ticks.AsSpan(0, Count).CopyTo(sorted);
            sorted = sorted[..Count];
            sorted.Sort();
            return sorted[(int)Math.Min(Count - 1, Math.Floor(quantile * Count))];
        }
    }

    /// <summary>Measured points in increasing order of rows and ticks.</summary>
    /// <param name="Rows">Mean rows of each bucket that has samples.</param>
    /// <param name="Ticks">A high quantile of each.</param>
    /// <param name="LargestRows">Most rows of a batch.</param>
    /// <param name="Fastest">By bucket; 0: too few samples.</param>
    private sealed record Table(double[] Rows, long[] Ticks, int LargestRows, long[] Fastest)
    {
        public long Estimate(int rows)
        {
            var n = Rows.Length;
            if (n == 0)
            {
                return 0;
            }

            if (rows <= Rows[0])
            {
                return Ticks[0];
            }

            for (var i = 1; i < n; i++)
            {
                if (rows <= Rows[i])
                {
                    return Ticks[i - 1] + (long)((Ticks[i] - Ticks[i - 1]) * ((rows - Rows[i - 1]) / (Rows[i] - Rows[i - 1])));
                }
            }

            // Beyond what was seen: along the last two points; from a single point in proportion, the cautious end.
            var slope = n == 1 ? Ticks[0] / Math.Max(1, Rows[0]) : (Ticks[n - 1] - Ticks[n - 2]) / (Rows[n - 1] - Rows[n - 2]);
            return Ticks[n - 1] + (long)(slope * (rows - Rows[n - 1]));
        }
    }
}
