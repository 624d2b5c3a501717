using BenchmarkDotNet.Attributes;
using Orchestrator.Serving.Batching;
using Orchestrator.Serving.Profiling;
using Orchestrator.Serving.Queueing;

namespace Orchestrator.Benchmarks.HotPath;

/// <summary>What one request costs the scheduler, admission to answer, when so many wait before it and so many replicas are busy: batches of 16 leave as 16 join.</summary>
[MemoryDiagnoser]
public class QueueGrowth
{
    private const int BatchRows = 16;
    private static readonly Timescale Scale = new(TimeSpan.TicksPerSecond);
    private static readonly BatchBounds Bounds = new(BatchRows, TimeSpan.FromSeconds(1), TimeSpan.Zero);
    private readonly Queue<FormedBatch<WaitingRequest>> _out = new();
    private BatchScheduler<WaitingRequest> _scheduler = null!;
    private long _now;

    [Params(16, 1_000, 10_000)]
    public int Waiting { get; set; }

    [Params(1, 256)]
    public int Replicas { get; set; }

    [GlobalSetup]
    public void Fill()
    {
        var profile = new LatencyProfile();
        for (var rows = 1; rows <= BatchRows; rows *= 2)
        {
            profile.Record(rows, TimeSpan.FromMicroseconds(100));
        }

        _scheduler = new BatchScheduler<WaitingRequest>(BatchPolicies.Get("deferred"), profile, Scale, 0) { Capacity = 2 * Waiting, MaxBytes = long.MaxValue, Replicas = Replicas };
        for (var i = 0; i < Waiting; i++)
        {
            Admit();
        }

        for (var i = 1; i < Replicas; i++)
        {
            Leave();
            Join();
        }
    }

    [Benchmark(OperationsPerInvoke = BatchRows, Description = "schedule")]
    public int Turn()
    {
        Leave();
        Join();
        var back = _out.Dequeue();
        _scheduler.CameBack(back.Rows, back.IsAhead, back.Duration, back.ExpectedEnd, _now);
        return back.Rows;
    }

    private void Leave()
    {
        _now += 10 * TimeSpan.TicksPerMicrosecond;
        if (!_scheduler.TryForm(DispatchSlot.Idle(BatchRows, _now), Bounds, out var batch) || batch.Rows != BatchRows)
        {
            throw new BenchmarkException($"expected a batch of {BatchRows} rows from {_scheduler.Waiting.Count} that wait");
        }

        _out.Enqueue(batch);
    }

    private void Join()
    {
        for (var i = 0; i < BatchRows; i++)
        {
            Admit();
        }
    }

    private void Admit()
    {
        _now += 1;
        var verdict = _scheduler.Admit(new WaitingRequest(_now + TimeSpan.TicksPerSecond), _now);
        if (verdict != QueueAdmission.Accepted)
        {
            throw new BenchmarkException($"expected the request to be accepted, got {verdict}");
        }
    }

    private sealed class WaitingRequest(long deadline) : QueuedItem
    {
        public override (long Earliest, long Latest) Deadlines() => (deadline, deadline);
    }
}
