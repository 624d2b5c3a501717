using Orchestrator.Serving.Queueing;

namespace Orchestrator.Serving.Replicas;

/// <summary>How a replica gets most done, as far as only trying tells; one thing is tried at a time, for the one would spoil the other's figures. Under its queue's lock.</summary>
/// <param name="findsSize">Whether smaller batches than the policy's are tried.</param>
internal sealed class DispatchTuning(bool findsSize)
{
    /// <summary>Two batches are there without leaving any: what was found with few callers does not hold more of them back.</summary>
    private const int Crowd = 2;

    private readonly AheadTrial _ahead = new(mayCap: findsSize);
    private readonly SizeTrial _size = new();
    private bool _knowsRows;

    /// <summary>Whether a batch should wait inside the replica.</summary>
    public bool GoesAhead => _ahead.GoesAhead;

    /// <summary>Most rows of a batch.</summary>
    /// <param name="waiting">Rows that wait.</param>
    public int MostRows(int waiting) => Math.Min(_size.CapOf(waiting), waiting > (long)Crowd * _ahead.Cap ? int.MaxValue : _ahead.Cap);

    /// <summary>Takes in a batch of a replica that had no time to idle before it.</summary>
    /// <param name="batch">The batch.</param>
    /// <param name="took">From the end of the one before it to its own end (timestamps).</param>
    /// <param name="mayGoAhead">Whether one may wait inside it at all.</param>
    /// <param name="limit">Most rows that the policy allows.</param>
    /// <param name="waiting">Rows that wait now, after it.</param>
    public void Observe(Batch batch, long took, bool mayGoAhead, int limit, int waiting)
    {
        if (findsSize && !_knowsRows && batch.Items is [{ Bytes: > 0 } first, ..])
        {
            _knowsRows = true;
            _size.RowsHave((double)first.Bytes / first.Rows);
        }

        if (mayGoAhead && !_size.IsTrying)
        {
            _ahead.Observe(batch.WentAhead, took, batch.Duration, batch.Rows);
        }

        // A replica may say only now that one may wait inside it: a trial of sizes that has begun is ended first.
        if (findsSize && (_size.IsTrying || !(mayGoAhead && _ahead.IsTrying)) && _size.Observe(batch.Rows, took, limit, waiting))
        {
            // Small batches gain more by going ahead than large ones.
            _ahead.TryAgain();
        }
    }
}
