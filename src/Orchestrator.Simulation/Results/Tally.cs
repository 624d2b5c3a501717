namespace Orchestrator.Simulation.Results;

/// <summary>Counts how requests end.</summary>
internal sealed class Tally
{
    private readonly List<long> _latencies = [];
    private readonly List<long> _refusals = [];
    private readonly SortedDictionary<int, long> _batchSizes = [];
    private readonly long[] _drops = new long[Enum.GetValues<DropReason>().Length];
    private long _requests;
    private long _inTime;

    /// <summary>Every request that ended, counted or not: none may be lost.</summary>
    public long Ended { get; private set; }

    public void Answered(long latency, bool inTime, bool counts)
    {
        Ended++;
        if (!counts)
        {
            return;
        }

        _requests++;
        _latencies.Add(latency);
        if (inTime)
        {
            _inTime++;
        }
        else
        {
            _drops[(int)DropReason.Late]++;
        }
    }

    public void Dropped(DropReason reason, long after, bool counts)
    {
        Ended++;
        if (counts)
        {
            _requests++;
            _drops[(int)reason]++;
            _refusals.Add(after);
        }
    }

    public void BatchLeft(int rows) => _batchSizes[rows] = _batchSizes.GetValueOrDefault(rows) + 1;

    /// <summary>Adds another model's counts to these.</summary>
    public void Add(Tally other)
    {
        _latencies.AddRange(other._latencies);
        _refusals.AddRange(other._refusals);
        _requests += other._requests;
        _inTime += other._inTime;
        Ended += other.Ended;
        foreach (var (rows, count) in other._batchSizes)
        {
            _batchSizes[rows] = _batchSizes.GetValueOrDefault(rows) + count;
        }

        for (var i = 0; i < _drops.Length; i++)
        {
            _drops[i] += other._drops[i];
        }
    }

    public ModelResult ToResult(string name, double seconds)
    {
        _latencies.Sort();
        _refusals.Sort();
        var batches = _batchSizes.Values.Sum();
        return new ModelResult
        {
            Name = name,
            Requests = _requests,
            InTime = _inTime,
            Seconds = seconds,
            P50 = At(_latencies, 0.5),
            P99 = At(_latencies, 0.99),
            P999 = At(_latencies, 0.999),
            MeanBatch = batches == 0 ? 0 : (double)_batchSizes.Sum(b => b.Key * b.Value) / batches,
            BatchSizes = new Dictionary<int, long>(_batchSizes),
            Drops = Enum.GetValues<DropReason>().ToDictionary(r => r, r => _drops[(int)r]),
            RefusedAfterP50 = At(_refusals, 0.5),
        };
    }

    private static TimeSpan At(List<long> sorted, double quantile) =>
        sorted.Count == 0 ? TimeSpan.Zero : TimeSpan.FromTicks(sorted[Math.Min(sorted.Count - 1, (int)(quantile * sorted.Count))]);
}
