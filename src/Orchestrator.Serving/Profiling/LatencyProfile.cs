using System.Numerics;
using Orchestrator.Core.Serving;

namespace Orchestrator.Serving.Profiling;

/// <summary>
/// Latency of batches by size, learned online: buckets of 1, 2, 3-4, 5-8, ... rows, each with its last <see cref="SamplesPerBucket"/> durations. The estimate
/// of a size is a high quantile of its bucket; neighbours that say that more rows take less are pooled by their numbers of samples (isotonic regression); sizes never seen are extended along the line through the two largest
/// buckets. When batches begin to take another time than they used to, all but the newest is forgotten. Readers see a consistent table that a writer swaps in; writers take turns.
/// </summary>
internal sealed class LatencyProfile : ILatencyEstimate
{
    public const int SamplesPerBucket = 64;
    public const double Quantile = 0.95;

    /// <summary>What answering costs beyond the batch; twice that for a while after the latency has changed.</summary>
    public static readonly TimeSpan UsualSlack = TimeSpan.FromMilliseconds(1);

    /// <summary>A bucket's quantile is taken anew after this many of its samples (always while it has few).</summary>
    private const int RefreshEvery = 8;
    private const int Buckets = 21;

    /// <summary>The first call of a container is often its slowest by far: from it alone nobody knows how fast it can be.</summary>
    private const int FewestForFastest = 3;

    /// <summary>A size with fewer samples is not trusted when it says that it is slow.</summary>
    private const int Trusted = 8;

    /// <summary>Nor is one that was not measured during so many batches.</summary>
    private const int StaleAfter = 256;

    private readonly Lock _lock = new();
    private readonly Bucket?[] _buckets = new Bucket?[Buckets];
    private readonly RegimeWatch _regime = new();
    private long _recorded;
    private Table _table = new([], [], [], new long[Buckets], 0, UsualSlack);

    public int LargestRows => Volatile.Read(ref _table).LargestRows;

    public int BucketsMeasured => Volatile.Read(ref _table).Rows.Length;

    public TimeSpan Slack => Volatile.Read(ref _table).Slack;

    /// <summary>Takes in a batch that came back.</summary>
    public void Record(int rows, TimeSpan duration)
    {
        var index = IndexOf(rows);
        lock (_lock)
        {
            var bucket = _buckets[index] ??= new Bucket();
            var isNewRegime = bucket.Count >= RegimeWatch.Several && _regime.Observe(Math.Log(Math.Max(1.0, duration.Ticks) / Math.Max(1, _table.Typical(rows))));
            bucket.Add(duration.Ticks, rows);
            bucket.LastAt = ++_recorded;
            if (isNewRegime)
            {
                foreach (var other in _buckets)
                {
                    other?.Forget(keep: RegimeWatch.Several);
                }
            }

            if (isNewRegime || bucket.Count <= RefreshEvery || bucket.Added % RefreshEvery == 0)
            {
                Volatile.Write(ref _table, BuildNeedsLock());
            }
        }
    }

    public TimeSpan Estimate(int rows) => TimeSpan.FromTicks(Volatile.Read(ref _table).Estimate(rows));

    public TimeSpan Typical(int rows) => TimeSpan.FromTicks(Volatile.Read(ref _table).Typical(rows));

    public TimeSpan Fastest(int rows) => TimeSpan.FromTicks(Volatile.Read(ref _table).Fastest[IndexOf(rows)]);

    public int LargestRowsWithin(TimeSpan budget, int maxRows)
    {
        var table = Volatile.Read(ref _table);
        int low = 1, high = Math.Max(1, maxRows);
        if (table.Estimate(high) <= budget.Ticks)
        {
            // The usual case, and this is asked for every request.
            return high;
        }

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
        var measured = _buckets.OfType<Bucket>().ToArray();
        var high = Array.ConvertAll(measured, b => b.At(Quantile));
        var middle = Array.ConvertAll(measured, b => b.At(0.5));
        var fastest = Array.ConvertAll(_buckets, b => b is null || b.Count < FewestForFastest ? 0 : b.At(0));
        BoundByOtherSizes(measured, high);
        BoundByOtherSizes(measured, middle);
        var weights = Array.ConvertAll(measured, b => b.Count);
        MakeMonotone(high, weights);
        MakeMonotone(middle, weights);
        return new Table(Array.ConvertAll(measured, b => b.MeanRows), high, middle, fastest, measured.Max(b => b.MaxRows), _regime.IsUnsettled ? 2 * UsualSlack : UsualSlack);
    }

    private bool IsTrusted(Bucket bucket) => bucket.Count >= Trusted && _recorded - bucket.LastAt <= StaleAfter;

    /// <summary>
    /// n times the rows hardly take longer than n batches one after the other, so no more than that is believed of a size with few or old samples. Without this bound one slow batch, of a
    /// warm-up on a busy machine perhaps, would make a size look too slow for the SLO; it would then never be tried again, and so never be measured again: throughput stayed
    /// at that of the smaller size for ever. Nor do fewer rows take longer than more of them, which keeps a cold start in the small sizes from spoiling those that the load has warmed.
    /// </summary>
    private void BoundByOtherSizes(Bucket[] measured, long[] values)
    {
        var least = long.MaxValue;
        for (var i = measured.Length - 1; i >= 0; i--)
        {
            if (IsTrusted(measured[i]))
            {
                least = Math.Min(least, values[i]);
            }
            else
            {
                values[i] = Math.Min(values[i], least);
            }
        }

        for (var i = 1; i < measured.Length; i++)
        {
            if (!IsTrusted(measured[i]))
            {
                values[i] = Math.Min(values[i], (long)(values[i - 1] * (measured[i].MeanRows / measured[i - 1].MeanRows)));
            }
        }
    }

    /// <summary>More rows never take less: neighbours that say so get their mean, each with the weight of its samples, so that a size measured once cannot shift one measured often.</summary>
    private static void MakeMonotone(long[] values, int[] weights)
    {
        for (var end = 1; end < values.Length; end++)
        {
            if (values[end] >= values[end - 1])
            {
                continue;
            }

            var begin = end;
            double sum = (double)values[end] * weights[end], weight = weights[end];
            while (begin > 0 && values[begin - 1] > sum / weight)
            {
                begin--;
                sum += (double)values[begin] * weights[begin];
                weight += weights[begin];
            }

            values.AsSpan(begin, end - begin + 1).Fill((long)(sum / weight));
        }
    }

    private sealed class Bucket
    {
        private readonly long[] _ticks = new long[SamplesPerBucket];
        private readonly int[] _rows = new int[SamplesPerBucket];

        public int Count { get; private set; }

        public long Added { get; private set; }

        /// <summary>How many batches of all sizes had been recorded with its last.</summary>
        public long LastAt { get; set; }

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

        /// <summary>Only the newest <paramref name="keep"/> stay.</summary>
        public void Forget(int keep)
        {
            keep = Math.Min(keep, Count);
            Span<long> ticks = stackalloc long[keep];
            Span<int> rows = stackalloc int[keep];
            for (var i = 0; i < keep; i++)
            {
                var slot = (int)((Added - keep + i) % SamplesPerBucket);
                ticks[i] = _ticks[slot];
                rows[i] = _rows[slot];
            }

            ticks.CopyTo(_ticks);
            rows.CopyTo(_rows);
            Added = Count = keep;
        }

        public long At(double quantile)
        {
            Span<long> sorted = stackalloc long[SamplesPerBucket];
            _ticks.AsSpan(0, Count).CopyTo(sorted);
            sorted = sorted[..Count];
            sorted.Sort();

            // Of few samples the highest would be a high quantile: one cold start among them must not count for all. Two are no accident.
            var highest = Count < 3 ? Count - 1 : Count - 2;
            return sorted[(int)Math.Min(highest, Math.Floor(quantile * Count))];
        }
    }

    /// <summary>Measured points in increasing order of rows and ticks.</summary>
    /// <param name="Rows">Mean rows of each bucket that has samples.</param>
    /// <param name="High">A high quantile of each, ticks.</param>
    /// <param name="Middle">The median of each, ticks.</param>
    /// <param name="Fastest">By bucket, ticks; 0: too few samples.</param>
    /// <param name="LargestRows">Most rows of a batch.</param>
    /// <param name="Slack">See <see cref="ILatencyEstimate.Slack"/>.</param>
    private sealed record Table(double[] Rows, long[] High, long[] Middle, long[] Fastest, int LargestRows, TimeSpan Slack)
    {
        public long Estimate(int rows) => At(rows, High);

        public long Typical(int rows) => At(rows, Middle);

        private long At(int rows, long[] ticks)
        {
            var n = Rows.Length;
            if (n == 0)
            {
                return 0;
            }

            if (rows <= Rows[0])
            {
                return ticks[0];
            }

            for (var i = 1; i < n; i++)
            {
                if (rows <= Rows[i])
                {
                    return ticks[i - 1] + (long)((ticks[i] - ticks[i - 1]) * ((rows - Rows[i - 1]) / (Rows[i] - Rows[i - 1])));
                }
            }

            // Beyond what was seen: along the last two points; from a single point in proportion, the cautious end.
            var slope = n == 1 ? ticks[0] / Math.Max(1, Rows[0]) : (ticks[n - 1] - ticks[n - 2]) / (Rows[n - 1] - Rows[n - 2]);
            return ticks[n - 1] + (long)(slope * (rows - Rows[n - 1]));
        }
    }
}
