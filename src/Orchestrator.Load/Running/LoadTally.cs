using System.Collections.Concurrent;

using Orchestrator.Load.Arrivals;

namespace Orchestrator.Load.Running;

/// <summary>The one holder of a load's counters; all connections record here at once, each record being a few atomic additions.</summary>
internal sealed class LoadTally
{
    private const int MostProblems = 10;
    private readonly ConcurrentQueue<string> _problems = [];
    private readonly LatencyHistogram _latency = new();
    private readonly LatencyHistogram _modelLatency = new();
    private readonly LatencyHistogram _refusalLatency = new();
    private readonly ExplanationTally _explanations = new();
    private readonly long[] _counts = new long[AnswerCounts.Classes];
    private readonly long[] _series;
    private readonly int _rows;
    private readonly LoadPlan _plan;
    private readonly TimeProvider _time;
    private readonly long _start;
    private long _lastEnd;
    private long _inTime;
    private long _inTimeLessOwnDelay;
    private long _unsentWhileIdle;
    private int _problemCount;

    public LoadTally(LoadPlan plan, TimeProvider time, long start)
    {
        _plan = plan;
        _time = time;
        _start = start;
        // A request that was sent last may end one timeout after the end; anything later still falls into the last row.
        _rows = (int)Math.Ceiling((plan.Duration + plan.RequestTimeout) / plan.Interval) + 1;
        _series = new long[_rows * AnswerCounts.Classes];
    }

    /// <summary>Counts one request that was sent.</summary>
    /// <param name="arrival">The request.</param>
    /// <param name="answer">How it ended.</param>
    /// <param name="freeSince">Timestamp from which its connection was free.</param>
    /// <param name="sent">Timestamp of its sending.</param>
    /// <param name="ended">Timestamp of its end.</param>
    public void Record(in Arrival arrival, AnswerClass answer, long freeSince, long sent, long ended)
    {
        Count(arrival, answer, ended);
        if (!IsCounted(arrival) || answer is AnswerClass.Broken or AnswerClass.Refused or AnswerClass.TimedOut)
        {
            return;
        }

        var latency = _time.GetElapsedTime(arrival.Intended, ended);
        _latency.Record(latency);
        if (answer is AnswerClass.TooManyRequests or AnswerClass.Unavailable or AnswerClass.DeadlineExceeded)
        {
            _refusalLatency.Record(latency);
        }

        if (answer == AnswerClass.Model)
        {
            _modelLatency.Record(latency);
            if (IsInTime(latency))
            {
                Interlocked.Increment(ref _inTime);
            }

            if (IsInTime(latency - OwnDelay(arrival, freeSince, sent)))
            {
                Interlocked.Increment(ref _inTimeLessOwnDelay);
            }
        }
    }

    /// <summary>Counts one request that was due and could not be sent any more; the time it waited is the least that its latency would have been.</summary>
    /// <param name="arrival">The request.</param>
    /// <param name="freeSince">Timestamp from which the connection that would have sent it was free.</param>
    public void RecordUnsent(in Arrival arrival, long freeSince)
    {
        var now = _time.GetTimestamp();
        Count(arrival, AnswerClass.Unsent, now);
        if (IsCounted(arrival))
        {
            _latency.Record(_time.GetElapsedTime(arrival.Intended, now));
            Interlocked.Add(ref _unsentWhileIdle, freeSince <= arrival.Intended ? 1 : 0);
        }
    }

    /// <summary>Counts why a default answer is one.</summary>
    public void RecordExplanation(in Arrival arrival, ReadOnlySpan<byte> body)
    {
        if (IsCounted(arrival))
        {
            _explanations.Record(body);
        }
    }

    /// <summary>How far the load has come.</summary>
    public LoadProgress Progress()
    {
        var ended = 0L;
        foreach (ref var count in _counts.AsSpan())
        {
            ended += Volatile.Read(ref count);
        }

        return new LoadProgress(_time.GetElapsedTime(_start), ended);
    }

    /// <summary>Keeps the text if it is among the first.</summary>
    public void Problem<T>(int index, T state, Func<T, string> text)
    {
        if (Volatile.Read(ref _problemCount) < MostProblems && Interlocked.Increment(ref _problemCount) <= MostProblems)
        {
            _problems.Enqueue($"request {index}: {text(state)}");
        }
    }

    public LoadResult Result(bool cancelled) => new()
    {
        StartTimestamp = _start,
        Elapsed = _lastEnd == 0 ? TimeSpan.Zero : Positive(_time.GetElapsedTime(_start, _lastEnd) - _plan.WarmUp),
        Cancelled = cancelled,
        Counts = new AnswerCounts(_counts),
        InTime = _inTime,
        InTimeLessOwnDelay = _inTimeLessOwnDelay,
        UnsentWhileIdle = _unsentWhileIdle,
        DefaultExplanations = _explanations.Read(),
        ModelLatency = _modelLatency,
        RefusalLatency = _refusalLatency,
        Latency = _latency,
        Series = Rows(),
        Problems = [.. _problems],
    };

    private static TimeSpan Positive(TimeSpan span) => span > TimeSpan.Zero ? span : TimeSpan.Zero;

    private bool IsCounted(in Arrival arrival) => _time.GetElapsedTime(_start, arrival.Intended) >= _plan.WarmUp;

    private bool IsInTime(TimeSpan latency) => _plan.Slo is not { } slo || latency <= slo;

    // A closed loop's requests are due when they are sent: making the body is no lag behind a schedule.
    private TimeSpan OwnDelay(in Arrival arrival, long freeSince, long sent) =>
        _plan.Rate is null ? TimeSpan.Zero : Positive(_time.GetElapsedTime(Math.Max(arrival.Intended, freeSince), sent));

    private void Count(in Arrival arrival, AnswerClass answer, long ended)
    {
        var offset = _time.GetElapsedTime(_start, ended);
        var row = Math.Clamp((int)(offset / _plan.Interval), 0, _rows - 1);
        Interlocked.Increment(ref _series[(row * AnswerCounts.Classes) + (int)answer]);
        if (IsCounted(arrival))
        {
            Interlocked.Increment(ref _counts[(int)answer]);
        }

        for (var last = Volatile.Read(ref _lastEnd); ended > last;)
        {
            last = Interlocked.CompareExchange(ref _lastEnd, ended, last) is var seen && seen == last ? ended : seen;
        }
    }

    private List<LoadInterval> Rows()
    {
        var used = _lastEnd == 0 ? 0 : Math.Min(_rows, (int)(_time.GetElapsedTime(_start, _lastEnd) / _plan.Interval) + 1);
        var rows = new List<LoadInterval>(used);
        for (var row = 0; row < used; row++)
        {
            var counts = new AnswerCounts(_series.AsSpan(row * AnswerCounts.Classes, AnswerCounts.Classes));
            rows.Add(new LoadInterval(_plan.Interval * row, _plan.Interval * (row + 1), counts));
        }

        return rows;
    }
}
