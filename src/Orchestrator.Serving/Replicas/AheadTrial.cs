namespace Orchestrator.Serving.Replicas;

/// <summary>
/// Finds out by trying whether a replica gets more done with a batch waiting inside it. Most do: they need not idle while an answer travels and the next batch is written.
/// A model whose runtime reads requests and computes under one lock (Python's, with many short calls into native code) loses more by the reading than the wait is
/// worth: measured 12 % slower for a random forest of scikit-learn one row at a time, 20 to 55 % faster for linear models in large batches. Not thread-safe: under its
/// queue's lock.
/// </summary>
internal sealed class AheadTrial
{
    /// <summary>Batches until the second trial; twice as many until the next, and so on: what is measured at the start may be a cold process.</summary>
    public const int FirstUntil = 128;

    /// <summary>But never more.</summary>
    public const int LongestUntil = 2048;

    /// <summary>A batch ahead is chosen a little early, so it must be worth it.</summary>
    public const double LeastGain = 0.1;

    /// <summary>Batches of a way in a row; the first still feels the other way.</summary>
    public const int Turn = 9;

    private readonly TurnTrial _trial = new(Turn, 1, LeastGain);
    private int _until = FirstUntil;
    private int _left;
    private bool _isBetter;

    /// <summary>Whether the next batch should go ahead.</summary>
    public bool GoesAhead => IsTrying ? _trial.IsSecondsTurn : _isBetter;

    /// <summary>Whether both ways are being compared.</summary>
    public bool IsTrying => _left == 0;

    /// <summary>Takes in how long a busy replica took for a batch, from the end of the one before it to its own end, over what is usual for its size.</summary>
    public void Observe(bool wasAhead, double ratio)
    {
        if (!IsTrying)
        {
            _left--;
        }
        else if (_trial.Observe(wasAhead, ratio, 1))
        {
            _isBetter = _trial.IsBetter;
            _left = _until;
            // What the load did not allow was not tried.
            _until = _trial.WasImpossible ? _until : Math.Min(2 * _until, LongestUntil);
        }
    }

    /// <summary>Something has changed: another trial now, and soon again.</summary>
    public void TryAgain()
    {
        _left = 0;
        _until = FirstUntil;
    }
}
