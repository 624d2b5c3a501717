using Orchestrator.Core.Serving;
using Orchestrator.Serving.Profiling;

namespace Orchestrator.Serving.Replicas;

/// <summary>Counters of one replica, shared by its loops.</summary>
internal sealed class ReplicaStats
{
    private int _inFlight;
    private int _consecutiveFailures;
    private string? _lastFailure;
    private long _batches;
    private long _rows;

    public int InFlight => Volatile.Read(ref _inFlight);

    public int ConsecutiveFailures => Volatile.Read(ref _consecutiveFailures);

    /// <summary>A batch or a forwarded call goes out.</summary>
    public void Began() => Interlocked.Increment(ref _inFlight);

    /// <summary>It came back.</summary>
    public void Ended() => Interlocked.Decrement(ref _inFlight);

    public void Succeeded(int rows)
    {
        Volatile.Write(ref _consecutiveFailures, 0);
        Interlocked.Increment(ref _batches);
        Interlocked.Add(ref _rows, rows);
    }

    public void Failed(string reason)
    {
        Volatile.Write(ref _lastFailure, reason);
        Interlocked.Increment(ref _consecutiveFailures);
    }

    public ReplicaReport ToReport(ReplicaEndpoint endpoint, int batchLimit, LatencyProfile profile) => new()
    {
        Id = endpoint.Id,
        InFlight = InFlight,
        ConsecutiveFailures = ConsecutiveFailures,
        LastFailure = Volatile.Read(ref _lastFailure),
        Batches = Interlocked.Read(ref _batches),
        Rows = Interlocked.Read(ref _rows),
        BatchLimit = batchLimit,
        Profile = profile.Describe(),
    };
}
