using Orchestrator.Core;
using Orchestrator.Core.Admin;

namespace Orchestrator.Control.Reconciliation;

/// <summary>A container whose log can be read.</summary>
internal sealed record LogSource(ReplicaId Id, string ContainerId);

/// <summary>Holds what others may read of the loop's state. Thread-safe; only the loop writes.</summary>
internal sealed class StatusBoard(TimeProvider time)
{
    private const int EndedSourcesKept = 100;

    /// <summary>Figures in reports change all the time; who watches the status sees them once a second, and everything else at once.</summary>
    private static readonly TimeSpan FiguresInterval = TimeSpan.FromSeconds(1);

    private readonly ChangeSignal _changed = new();
    private ClusterStatus _status = new() { Cluster = "default" };
    private IReadOnlyList<LogSource> _sources = [];
    private long _notifiedAt = time.GetTimestamp();

    public ClusterStatus Status => Volatile.Read(ref _status);

    /// <summary>Containers that run, and the last ones that ended; oldest first.</summary>
    public IReadOnlyList<LogSource> LogSources => Volatile.Read(ref _sources);

    public Task NextAsync() => _changed.NextAsync();

    public void Update(ClusterStatus status, IReadOnlyList<LogSource> running, bool changed)
    {
        var problemChanged = status.Problem != Status.Problem;
        Volatile.Write(ref _status, status);
        var known = _sources;
        var added = running.Except(known).ToList();
        if (added.Count > 0)
        {
            var ended = known.Except(running).TakeLast(EndedSourcesKept);
            Volatile.Write(ref _sources, [.. ended, .. known.Intersect(running), .. added]);
        }

        if (changed || problemChanged || time.GetElapsedTime(_notifiedAt) >= FiguresInterval)
        {
            _notifiedAt = time.GetTimestamp();
            _changed.Notify();
        }
    }
}
