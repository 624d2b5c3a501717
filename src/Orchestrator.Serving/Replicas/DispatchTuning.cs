using Orchestrator.Serving.Queueing;

namespace Orchestrator.Serving.Replicas;

/// <summary>How a replica gets most done, as far as only trying tells; one thing is tried at a time, for the one would spoil the other's figures. Under its queue's lock.</summary>
/// <param name="findsSize">Whether smaller batches than the policy's are tried.</param>
internal sealed class DispatchTuning(bool findsSize)
{
    /// <summary>Two batches are there without leaving any: what was found with few callers does not hold more of them back.</summary>
    private const int Crowd = 2;

    /// <summary>The same for the second one ahead, whose cap is half the usual size: four batches of that.</summary>
    private const int SecondsCrowd = 8;

    private readonly AheadTrial _ahead = new(mayCap: findsSize, AheadTerms.First);
    private readonly AheadTrial _second = new(mayCap: findsSize, AheadTerms.Second);
    private readonly SizeTrial _size = new();
    private bool _knowsRows;

    /// <summary>How many batches should wait inside the replica. One spares it the way of an answer and of the next batch; a second one spares it waiting where those take longer than a batch does, or their threads for a processor.</summary>
    public int Ahead => !_ahead.GoesAhead ? 0 : GoesOrTriesSecond && _second.GoesAhead ? 2 : 1;

    // While the first is tried, what was found of the second is left as it is.
    private bool GoesOrTriesSecond => !_ahead.IsTrying && _ahead.GoesAhead;

    private bool TriesSecond => GoesOrTriesSecond && _second.IsTrying;

    /// <summary>Most rows of a batch.</summary>
    /// <param name="waiting">Rows that wait.</param>
    public int MostRows(int waiting)
    {
        var cap = Math.Min(_size.CapOf(waiting), waiting > (long)Crowd * _ahead.Cap ? int.MaxValue : _ahead.Cap);
        return !GoesOrTriesSecond || waiting > (long)SecondsCrowd * _second.Cap ? cap : Math.Min(cap, _second.Cap);
    }

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
            ObserveAhead(batch, took);
        }

        // A replica may say only now that one may wait inside it: a trial of sizes that has begun is ended first.
        if (findsSize && (_size.IsTrying || !(mayGoAhead && (_ahead.IsTrying || TriesSecond))) && _size.Observe(batch.Rows, took, limit, waiting))
        {
            // Small batches gain more by going ahead than large ones.
            _ahead.TryAgain();
            _second.TryAgain();
        }
    }

    /// <summary>The replica had no room for a second batch ahead.</summary>
    public void SecondWasRefused() => _second.WasRefused();

    private void ObserveAhead(Batch batch, long took)
    {
        // Where a second one pays nobody need ask whether the first does; that is asked again once it does not, or where so few wait that nobody can tell.
        if (!TriesSecond && (Ahead < ReplicaSlots.MostAhead || _second.WasImpossible))
        {
            _ahead.Observe(batch.WentAhead, took, batch.Duration, batch.Rows);
        }

        if (GoesOrTriesSecond)
        {
            _second.Observe(batch.WentBehindAnother, took, batch.Duration, batch.Rows);
        }
    }
}
