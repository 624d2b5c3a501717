using Orchestrator.Serving.Queueing;

namespace Orchestrator.Serving.Replicas;

/// <summary>
/// What one replica has under way: as many batches as it computes at the same time, and one or two more that wait inside it, so that it need not idle while an answer travels
/// and the next batch is written. Its loops share one, and it has a loop for each of those places. Under its queue's lock, but for <see cref="Limit"/>, <see cref="Ended"/> and, in
/// reports, <see cref="MostRows"/>.
/// </summary>
internal sealed class ReplicaSlots
{
    /// <summary>Most batches that wait inside a replica.</summary>
    public const int MostAhead = 2;

    /// <summary>After a replica had no room for a batch ahead (another frontend was quicker), none is tried for so long.</summary>
    public static readonly TimeSpan AheadPause = TimeSpan.FromSeconds(1);

    /// <summary>A pause of less than this part of a batch is one that sending the batch ahead would have saved.</summary>
    private const int MostPause = 4;

    private readonly List<Batch> _computing;
    private readonly List<Batch> _ahead = new(MostAhead);
    private readonly bool _mayGoAhead;
    private readonly DispatchTuning _tuning;
    private long _notAheadBefore = long.MaxValue;
    private long _ended = long.MinValue;
    private long _lastEnd = long.MinValue / 2;
    private int _recovering;

    /// <param name="concurrency">Batches it computes at the same time.</param>
    /// <param name="mayGoAhead">False where a batch must not be lost that was never begun: a model whose requests cannot be repeated.</param>
    /// <param name="limit">The policy's limit before the first batch, rows.</param>
    /// <param name="findsSize">Whether it is tried if smaller batches than the policy's get more done.</param>
    public ReplicaSlots(int concurrency, bool mayGoAhead, int limit, bool findsSize)
    {
        Concurrency = Math.Max(1, concurrency);
        _computing = new List<Batch>(Concurrency);
        // One that computes several at a time does not idle while one of them is answered.
        _mayGoAhead = mayGoAhead && Concurrency == 1;
        // Between two ends of such a one lies no batch's own time.
        _tuning = new DispatchTuning(findsSize && Concurrency == 1);
        Limit = limit;
    }

    public ReplicaStats Stats { get; } = new();

    /// <summary>Batches it computes at the same time.</summary>
    public int Concurrency { get; }

    /// <summary>Rows the policy allows in a batch now. Its loops set it one after the other; that one may overwrite the other's does no harm.</summary>
    public int Limit { get; set; }

    /// <summary>Most rows of its next batch, if few wait: what the policy allows, or fewer where those get more done.</summary>
    public int MostRows => MostRowsOf(waiting: 0);

    /// <summary>Loops that serve it.</summary>
    public int Loops { get; set; }

    /// <summary>Those of them that wait for a batch.</summary>
    public Stack<ReplicaLoop> Idle { get; } = new();

    /// <summary>Whether a loop that is not listed as idle may take its time: for each batch that could be computed at once another one is there, and one in any case.</summary>
    public bool HasLoopToSpare => Idle.Count >= Math.Max(1, Concurrency - _computing.Count);

    /// <summary>How many batches wait in the replica.</summary>
    public int Ahead => _ahead.Count;

    /// <summary>Whether it is in the queue's list of idle replicas.</summary>
    public bool IsListedFree { get; set; }

    /// <summary>Whether it is in the queue's list of busy ones that might take a batch ahead.</summary>
    public bool IsListedAhead { get; set; }

    /// <summary>Whether a batch would be computed at once.</summary>
    public bool IsFree => _recovering == 0 && _computing.Count < Concurrency;

    /// <summary>When a batch that goes ahead now should have its turn (timestamp): once the first of those that compute is back, and those ahead of it are done.</summary>
    public long NextStart(long now)
    {
        var next = _computing.Count == 0 ? now : long.MaxValue;
        foreach (var batch in _computing)
        {
            next = Math.Min(next, Math.Max(now, batch.ExpectedEnd));
        }

        foreach (var batch in _ahead)
        {
            next += batch.Duration;
        }

        return next;
    }

    /// <summary>Takes down that it ended a batch; not under the queue's lock.</summary>
    /// <returns>When it ended the one before (timestamp); min where it computes several at a time, or none before.</returns>
    public long Ended(long now) => Concurrency == 1 ? Interlocked.Exchange(ref _ended, now) : long.MinValue;

    /// <summary>Whether it is busy, and fewer wait in it than ever may.</summary>
    public bool HasRoomAhead => _ahead.Count < MostAhead && _computing.Count == Concurrency && _recovering == 0;

    /// <summary>Whether it is busy and would keep a further batch until it has room.</summary>
    public bool TakesAhead(long now) => HasRoomAhead && _ahead.Count < _tuning.Ahead && now >= _notAheadBefore;

    /// <summary>Most rows of its next batch if so many rows wait.</summary>
    public int MostRowsOf(int waiting) => Math.Max(1, Math.Min(Limit, _tuning.MostRows(waiting)));

    public void Left(Batch batch)
    {
        if (batch.IsAhead)
        {
            _ahead.Add(batch);
        }
        else
        {
            _computing.Add(batch);
        }
    }

    /// <summary>A batch is back.</summary>
    /// <param name="batch">The batch.</param>
    /// <param name="kind">What its replica answered.</param>
    /// <param name="now">Timestamp.</param>
    /// <param name="waiting">Rows that wait in the queue.</param>
    /// <returns>The batch that has its turn now, if one waited.</returns>
    public Batch? CameBack(Batch batch, ReplyKind kind, long now, int waiting)
    {
        Compare(batch, kind, now, waiting);
        if (_ahead.Remove(batch))
        {
            return null;
        }

        _computing.Remove(batch);
        if (_ahead.Count == 0)
        {
            return null;
        }

        var next = _ahead[0];
        _ahead.RemoveAt(0);
        next.Begin(now);
        _computing.Add(next);
        return next;
    }

    /// <summary>Only of a replica that had no time to idle: after a pause nobody knows what the batch before it would have cost it. And only of what it computed: a refusal is quick.</summary>
    private void Compare(Batch batch, ReplyKind kind, long now, int waiting)
    {
        if (kind == ReplyKind.Busy)
        {
            return;
        }

        var pause = batch.DispatchedAt - _lastEnd;
        if (kind == ReplyKind.Ok && batch.Duration > 0 && pause < batch.Duration / MostPause)
        {
            _tuning.Observe(batch, now - _lastEnd, _mayGoAhead && _notAheadBefore != long.MaxValue, Limit, waiting);
        }

        _lastEnd = now;
    }

    /// <summary>Learns from an answer. Who says how long a batch waited for a worker lets one wait, as docs/container-contract.md says; of others nobody knows, and they get none.</summary>
    public void Heard(Batch batch, in ReplicaReply reply, long now, Timescale scale)
    {
        if (reply.Kind == ReplyKind.Busy && (batch.WentBehindAnother || _ahead.Count > 0))
        {
            // It may have overtaken the one before it, which was refused then.
            _tuning.SecondWasRefused();
        }
        else if (reply.Kind == ReplyKind.Busy)
        {
            // One that never said how long a batch waited has none ahead, and gets none for being busy.
            _notAheadBefore = _notAheadBefore == long.MaxValue ? _notAheadBefore : now + scale.ToTimestamps(AheadPause);
        }
        else if (_mayGoAhead && reply.Queued is not null && _notAheadBefore == long.MaxValue)
        {
            _notAheadBefore = now;
        }
    }

    /// <summary>Nothing goes there until <see cref="Recovered"/>, once for each call.</summary>
    public void Failed() => _recovering++;

    public void Recovered() => _recovering--;
}
