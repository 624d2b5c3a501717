namespace Orchestrator.Serving.Replicas;

/// <summary>
/// Finds out by trying whether a replica gets more done with a batch waiting inside it. Most do: they need not idle while an answer travels and the next batch is written.
/// A model whose runtime reads requests and computes under one lock (Python's, with many short calls into native code) loses more by the reading than the wait is
/// worth: measured 12 % slower for a random forest of scikit-learn one row at a time, 20 to 55 % faster for linear models in large batches. A few batches the one way, a few the
/// other, in turns, then for a while the better one, then again. Not thread-safe: under its queue's lock.
/// </summary>
internal sealed class AheadTrial
{
    /// <summary>Turns of each kind in a trial.</summary>
    public const int Turns = 4;

    /// <summary>Batches of a kind in a row; the first of them still feels the other kind, and does not count.</summary>
    public const int Turn = 9;

    /// <summary>Batches until the second trial; twice as many until the next, and so on: what is measured at the start may be a cold process.</summary>
    public const int FirstUntil = 128;

    /// <summary>But never more.</summary>
    public const int LongestUntil = 2048;

    /// <summary>A batch ahead is chosen a little early, so it must be worth it.</summary>
    public const double LeastGain = 0.1;

    private readonly List<double> _alone = new(Turns);
    private readonly List<double> _ahead = new(Turns);
    private double _sum;
    private int _until = FirstUntil;
    private int _left;
    private int _inTurn;
    private bool _goesAhead;

    /// <summary>Whether the next batch should go ahead.</summary>
    public bool GoesAhead => _goesAhead;

    /// <summary>Takes in how long a busy replica took for a batch, from the end of the one before it to its own end, over what is usual for its size.</summary>
    public void Observe(bool wasAhead, double ratio)
    {
        if (_left > 0)
        {
            if (--_left == 0)
            {
                _goesAhead = false;
                _inTurn = 0;
            }

            return;
        }

        if (wasAhead != _goesAhead)
        {
            return;
        }

        if (_inTurn++ > 0)
        {
            _sum += ratio;
        }

        if (_inTurn == Turn)
        {
            // Whole turns, for single batches deceive: two answers may come together, after a long time and after none. The median over turns forgets one that the machine spoilt.
            (wasAhead ? _ahead : _alone).Add(_sum / (Turn - 1));
            (_inTurn, _sum) = (0, 0);
            _goesAhead = !_goesAhead;
            Judge();
        }
    }

    private void Judge()
    {
        if (_ahead.Count < Turns || _alone.Count < Turns)
        {
            return;
        }

        _goesAhead = Median(_ahead) < (1 - LeastGain) * Median(_alone);
        _left = _until;
        _until = Math.Min(2 * _until, LongestUntil);
        _ahead.Clear();
        _alone.Clear();
    }

    private static double Median(List<double> values)
    {
        values.Sort();
        return (values[(values.Count - 1) / 2] + values[values.Count / 2]) / 2;
    }
}
