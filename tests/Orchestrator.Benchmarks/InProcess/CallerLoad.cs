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
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(2);
    private readonly TimeProvider _time = TimeProvider.System;
    private readonly LatencyHistogram _latency = new();
    private long _begin;
    private long _end;
    private long _inTime;
    private long _late;
    private long _refused;
    private long _wrong;

    /// <summary>Runs and returns what was counted after the warm-up.</summary>
    public async Task<CallerResult> RunAsync(int callers, TimeSpan warmUp, TimeSpan duration)
    {
        var start = _time.GetTimestamp();
        _begin = start + (long)(warmUp.TotalSeconds * _time.TimestampFrequency);
        _end = _begin + (long)(duration.TotalSeconds * _time.TimestampFrequency);
        await Task.WhenAll(Enumerable.Range(0, callers).Select(i => Task.Run(() => CallAsync(i))));
        return _wrong == 0
            ? new CallerResult(duration, _inTime, _late, _refused, _latency)
            : throw new BenchmarkException($"{version.Id}: {_wrong} wrong answers");
    }

    private async Task CallAsync(int first)
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
                Count(outcome, _time.GetElapsedTime(asked), row);
            }

            if (outcome.Kind != OutcomeKind.Ok)
            {
                await Task.Delay(Pause, _time);
            }
        }
    }

    private void Count(PredictionOutcome outcome, TimeSpan took, int row)
    {
        if (outcome.Kind != OutcomeKind.Ok)
        {
            Interlocked.Increment(ref _refused);
        }
        else if (MemoryMarshal.Read<long>(outcome.Outputs[0].Data.Span) != labels[row])
        {
            Interlocked.Increment(ref _wrong);
        }
        else
        {
            _latency.Record(took);
            Interlocked.Increment(ref took <= slo ? ref _inTime : ref _late);
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
