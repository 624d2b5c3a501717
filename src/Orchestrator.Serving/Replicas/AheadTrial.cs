namespace Orchestrator.Serving.Replicas;

/// <summary>
/// Finds out by trying whether a replica gets more done with a batch waiting inside it. Most do: they need not idle while an answer travels and the next batch is written.
/// A model whose runtime reads requests and computes under one lock (Python's, with many short calls into native code) loses more by the reading than the wait is
/// worth: measured 12 % slower for a random forest of scikit-learn one row at a time, 20 to 55 % faster for linear models in large batches.
/// Where so few callers ask at a time that each batch takes along all who wait, none is ever full enough to go ahead; then it is tried with batches a little smaller, of which two are
/// there. Not thread-safe: under its queue's lock.
/// </summary>
/// <param name="mayCap">Whether batches may be smaller than the policy has them.</param>
/// <param name="terms">Which batch ahead it is about.</param>
internal sealed class AheadTrial(bool mayCap, AheadTerms terms)
{
    /// <summary>Batches until the second trial; twice as many until the next, and so on: what is measured at the start may be a cold process.</summary>
    public const int FirstUntil = 128;

    /// <summary>But never more.</summary>
    public const int LongestUntil = 2048;

    /// <summary>Where they have fewer rows than this, there is nothing to leave.</summary>
    private const double LeastRows = 8;

    /// <summary>The usual size is the mean over about so many batches.</summary>
    private const int MeanOver = 8;

    private readonly TurnTrial _trial = new(terms.Turn, terms.Settling, terms.LeastGain);
    private int _until = FirstUntil;
    private int _left;
    private bool _isBetter;
    private bool _withCap;
    private double _usual;
    private double _leftoverTook;
    private int _leftoverRows;
    private int _cap = int.MaxValue;

    /// <summary>Whether the next batch should go ahead.</summary>
    public bool GoesAhead => IsTrying ? _trial.IsSecondsTurn : _isBetter;

    /// <summary>Most rows that the next batch should have.</summary>
    public int Cap => !IsTrying ? _cap : _withCap && _trial.IsSecondsTurn ? (int)(terms.Share * _usual) : int.MaxValue;

    /// <summary>Whether both ways are being compared.</summary>
    public bool IsTrying => _left == 0;

    /// <summary>Whether the last trial found nothing, because the load did not allow both ways.</summary>
    public bool WasImpossible => _trial.WasImpossible;

    /// <summary>Takes in a batch of a busy replica.</summary>
    /// <param name="wasAhead">Whether it waited in the replica.</param>
    /// <param name="took">From the end of the one before it to its own end.</param>
    /// <param name="usual">How long is usual for its size.</param>
    /// <param name="rows">Its size.</param>
    public void Observe(bool wasAhead, double took, double usual, int rows)
    {
        if (!IsTrying)
        {
            _left--;
            return;
        }

        if (!wasAhead && !_trial.IsSecondsTurn)
        {
            _usual = _usual == 0 ? rows : _usual + ((rows - _usual) / MeanOver);
        }

        // Of equal size but for chance: then what is usual for each takes that out. Of sizes that differ by design, rows per second count.
        var isOver = _withCap ? ObserveCapped(wasAhead, took, rows) : terms.ByRow ? _trial.Observe(wasAhead, took, rows) : _trial.Observe(wasAhead, took / usual, 1);
        if (isOver)
        {
            Judge();
        }
    }

    /// <summary>What the cap leaves over, and goes alone, costs time as well: it counts with the next batch that goes ahead.</summary>
    private bool ObserveCapped(bool wasAhead, double took, int rows)
    {
        if (_trial.IsSecondsTurn && !wasAhead)
        {
            (_leftoverTook, _leftoverRows) = (_leftoverTook + took, _leftoverRows + rows);
            return _trial.Observe(false, 0, 0);
        }

        (took, rows) = (took + _leftoverTook, rows + _leftoverRows);
        (_leftoverTook, _leftoverRows) = (0, 0);
        return _trial.Observe(wasAhead, took, rows);
    }

    /// <summary>Something has changed: another trial now, and soon again.</summary>
    public void TryAgain()
    {
        (_left, _withCap, _usual, _cap) = (0, false, 0, int.MaxValue);
        _until = FirstUntil;
    }

    /// <summary>The replica had no room for it: it does not go ahead until that is tried again, later each time.</summary>
    public void WasRefused()
    {
        _trial.Abandon();
        (_isBetter, _cap) = (false, int.MaxValue);
        Rest(isLonger: true);
    }

    private void Judge()
    {
        if (mayCap && !_withCap && _trial.WasImpossible && _usual >= LeastRows)
        {
            _withCap = true;
            return;
        }

        // What the load did not allow was not tried: what was found before holds.
        if (!_trial.WasImpossible)
        {
            _isBetter = _trial.IsBetter;
            _cap = _isBetter && _withCap && _usual >= LeastRows ? (int)(terms.Share * _usual) : int.MaxValue;
        }

        Rest(isLonger: !_trial.WasImpossible || terms.ByRow);
    }

    private void Rest(bool isLonger)
    {
        _left = _until;
        _until = isLonger ? Math.Min(2 * _until, LongestUntil) : _until;

        // The next begins with the load of its time.
        (_withCap, _usual, _leftoverTook, _leftoverRows) = (false, 0, 0, 0);
    }
}
