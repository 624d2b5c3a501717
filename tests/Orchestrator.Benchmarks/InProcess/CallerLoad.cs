using System.Runtime.InteropServices;

using Orchestrator.Benchmarks.Suites;
using Orchestrator.Core.Time;
using Orchestrator.Load;
using Orchestrator.Protocol;
using Orchestrator.Serving.Prediction;
using Orchestrator.Serving.Routing;

namespace Orchestrator.Benchmarks.InProcess;

/// <summary>Callers of the data plane, each with one call under way; one that is refused waits before it asks again, as a client would.</summary>
internal sealed class CallerLoad(PredictionService service, VersionEntry version, IReadOnlyList<Tensor[]> rows, long[] labels, TimeSpan slo)
{
    /// <summary>Callers count apart: one count for all would send its cache line from processor to processor with every answer, at the cost of what is measured.</summary>
    private const int Tallies = 64;
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(2);
    private readonly TimeProvider _time = TimeProvider.System;
    private long _begin;
    private long _end;

    /// <summary>Runs and returns what was counted after the warm-up.</summary>
    public async Task<CallerResult> RunAsync(int callers, TimeSpan warmUp, TimeSpan duration)
    {
        var start = _time.GetTimestamp();
        _begin = start + (long)(warmUp.TotalSeconds * _time.TimestampFrequency);
        _end = _begin + (long)(duration.TotalSeconds * _time.TimestampFrequency);
        var tallies = Enumerable.Range(0, Math.Min(callers, Tallies)).Select(_ => new Tally()).ToArray();
        await Task.WhenAll(Enumerable.Range(0, callers).Select(i => Task.Run(() => CallAsync(i, tallies[i % tallies.Length]))));
        var sum = new Tally();
        Array.ForEach(tallies, sum.Add);
        return sum.Wrong == 0
            ? new CallerResult(duration, sum.InTime, sum.Late, sum.Refused, sum.Latency)
            : throw new BenchmarkException($"{version.Id}: {sum.Wrong} wrong answers");
    }

    private async Task CallAsync(int first, Tally tally)
    {
        // Far apart, and each row in turn: no two callers ask the same at the same time.
        for (var row = first * 7 % rows.Count; ; row = (row + 1) % rows.Count)
        {
            var asked = _time.GetTimestamp();
            if (asked >= _end)
            {
                return;
            }

            var outcome = await service.PredictAsync(new PredictionCall { Target = version, Inputs = rows[row], Outputs = [], Deadline = Deadline.At(_time, asked, slo) }, CancellationToken.None);
            if (asked >= _begin)
            {
                Count(tally, outcome, _time.GetElapsedTime(asked), row);
            }

            if (outcome.Kind != OutcomeKind.Ok)
            {
                await Task.Delay(Pause, _time);
            }
        }
    }

    private void Count(Tally tally, PredictionOutcome outcome, TimeSpan took, int row)
    {
        if (outcome.Kind != OutcomeKind.Ok)
        {
            Interlocked.Increment(ref tally.Refused);
        }
        else if (MemoryMarshal.Read<long>(outcome.Outputs[0].Data.Span) != labels[row])
        {
            Interlocked.Increment(ref tally.Wrong);
        }
        else
        {
            tally.Latency.Record(took);
            Interlocked.Increment(ref took <= slo ? ref tally.InTime : ref tally.Late);
        }
    }

    /// <summary>What some of the callers counted.</summary>
    private sealed class Tally
    {
        public readonly LatencyHistogram Latency = new();
        public long InTime;
        public long Late;
        public long Refused;
        public long Wrong;

        public void Add(Tally other)
        {
            Latency.Merge(other.Latency);
            InTime += other.InTime;
            Late += other.Late;
            Refused += other.Refused;
            Wrong += other.Wrong;
        }
    }
}

/// <summary>What callers got.</summary>
/// <param name="Duration">Of the counting.</param>
/// <param name="InTime">Right answers within the objective.</param>
/// <param name="Late">Right answers after it.</param>
/// <param name="Refused">Ends without an answer.</param>
/// <param name="Latency">Of all answers.</param>
internal sealed record CallerResult(TimeSpan Duration, long InTime, long Late, long Refused, LatencyHistogram Latency)
{
    public Measured ToMeasured() => new(
        new Dictionary<string, double>
        {
            ["rows/s"] = InTime / Duration.TotalSeconds,
            ["late/s"] = Late / Duration.TotalSeconds,
            ["refused/s"] = Refused / Duration.TotalSeconds,
            ["p50 ms"] = Latency.P50.TotalMilliseconds,
            ["p99 ms"] = Latency.P99.TotalMilliseconds,
        },
        $"in time {InTime}, late {Late}, refused {Refused}");
}
