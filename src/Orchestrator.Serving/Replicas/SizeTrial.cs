namespace Orchestrator.Serving.Replicas;

/// <summary>
/// Finds out by trying whether a replica under load does more rows per second in smaller batches than would fit the SLO: where a large batch no longer fits the processor's
/// cache, or where one of several small ones is read while another is computed. Measured for a linear model with rows of 3 KB: 470,000 rows/s directly with 512 rows a batch, 320,000 with
/// 2,048. Half the size is tried; if it wins, half of that; if not, after a while twice the size, so that no verdict is for ever. A latency profile cannot tell: it knows
/// how long a batch takes, not what goes on meanwhile. Not thread-safe: under its queue's lock.
/// </summary>
internal sealed class SizeTrial
{
    /// <summary>Batches under load until the first trial, and after a win of the smaller size until the next; after each loss twice as many.</summary>
    public const int FirstUntil = 128;

    /// <summary>But never more.</summary>
    public const int LongestUntil = 2048;

    /// <summary>Rows per second that another size must gain.</summary>
    public const double LeastGain = 0.05;

    /// <summary>Batches of a size in a row: callers who were answered together ask together, so that it takes some until they come as they would with this size.</summary>
    public const int Turn = 32;

    /// <summary>So many of a turn, which do not count.</summary>
    private const int Settling = 8;

    /// <summary>A batch counts for a size that it fills to this share.</summary>
    private const double LeastFilled = 0.75;

    /// <summary>Nothing is tried while batches are this much smaller than the replica has had: what is best at little load would throttle a burst.</summary>
    private const double LeastOfMost = 1.0 / 16;

    /// <summary>With so many times as many rows in its queue as there were, load is another, and what was found or is tried holds no batch back.</summary>
    private const int Crowd = 4;

    /// <summary>Bytes of a batch that about fit the second-level cache of a server's processor: where those are at least <see cref="LeastFirst"/> rows, the search begins there.</summary>
    private const double FirstBytes = 1.25 * 1024 * 1024;

    /// <summary>Rows of which more in a batch seldom do much more per second.</summary>
    private const int LeastFirst = 64;

    /// <summary>A trial ends early if the other size's first turn takes this many times as long for a row.</summary>
    private const double Hopeless = 1.2;

    /// <summary>The usual size is the mean over about so many batches.</summary>
    private const int MeanOver = 16;

    private readonly TurnTrial _trial = new(Turn, Settling, LeastGain, Hopeless);
    private int _best = int.MaxValue;
    private int _first = int.MaxValue;
    private int _guess = int.MaxValue;
    private bool _isGuess;
    private int _present;
    private int _other;
    private double _usual;
    private double _usualWaiting;
    private double _triedWith;
    private double _foundWith;
    private int _most;
    private bool _upNext;
    private int _until = FirstUntil;
    private int _left = FirstUntil;

    /// <summary>Most rows that the next batch should have if so many wait, its own included.</summary>
    public int CapOf(int waiting) =>
        IsTrying && waiting <= Crowd * _triedWith ? _trial.IsSecondsTurn ? _other : _present
        : waiting <= Crowd * _foundWith ? _best
        : _guess;

    /// <summary>Whether two sizes are being compared.</summary>
    public bool IsTrying => _present > 0;

    /// <summary>How large a row is: where the search begins, once batches are larger than that.</summary>
    /// <param name="bytes">Of its inputs.</param>
    public void RowsHave(double bytes) => _first = FirstBytes / bytes is >= LeastFirst and < int.MaxValue and var rows ? (int)rows : int.MaxValue;

    /// <summary>Takes in how long a busy replica took for a batch, from the end of the one before it to its own end.</summary>
    /// <param name="rows">Its size.</param>
    /// <param name="took">Timestamps.</param>
    /// <param name="limit">Most rows that the policy allows.</param>
    /// <param name="waiting">Rows that wait now, after it.</param>
    /// <returns>Whether the size has changed for good.</returns>
    public bool Observe(int rows, double took, int limit, int waiting)
    {
        if (IsTrying)
        {
            // What was found at little load must not hold a burst back for long: the way up is quick.
            return _trial.Observe(IsOther(rows), took, rows, clearWinEnds: _upNext) && Judge(limit);
        }

        _usual += (rows - _usual) / MeanOver;
        _usualWaiting += (waiting - _usualWaiting) / MeanOver;
        _most = Math.Max(_most, rows);
        if (rows > _first)
        {
            // Whether more would be better is tried first. What fits the cache does not depend on the load.
            (_best, _guess, _first, _upNext, _isGuess, _foundWith) = (_first, _first, int.MaxValue, true, true, double.PositiveInfinity);
            Rest(FirstUntil);
        }
        else if (rows > _best && rows + waiting > Crowd * _foundWith)
        {
            (_best, _upNext, _foundWith) = (_guess, false, double.PositiveInfinity);
            Rest(FirstUntil);
        }

        if (--_left <= 0)
        {
            Begin();
        }

        return false;
    }

    private void Begin()
    {
        if (_usual < _most * LeastOfMost && _usual < _best * LeastFilled)
        {
            Rest(FirstUntil);
            return;
        }

        _triedWith = _usual + _usualWaiting;
        _present = (int)Math.Min(_best, Math.Round(_usual));
        _upNext &= _best < int.MaxValue;
        _other = _upNext ? 2 * _best : _present / 2;
        if (_upNext)
        {
            _present = _best;
        }

        if (_other < 1)
        {
            // One row has no half: only up from here.
            _upNext = true;
            Rest(FirstUntil);
        }
    }

    /// <summary>Null: it fills neither.</summary>
    private bool? IsOther(int rows)
    {
        var (small, large) = _upNext ? (_present, _other) : (_other, _present);
        return rows > small
            ? rows >= LeastFilled * large && rows <= large ? _upNext : null
            : rows >= LeastFilled * small ? !_upNext : null;
    }

    private bool Judge(int limit)
    {
        if (_trial.WasImpossible && _isGuess)
        {
            // So few come that nobody can say: the guess is none until batches are larger again.
            (_best, _guess, _first, _upNext, _isGuess) = (int.MaxValue, int.MaxValue, _guess, false, false);
            Rest(FirstUntil);
            return false;
        }

        // Where a guess kept batches small nobody has seen how many come.
        var most = _isGuess ? limit : Math.Min(limit, _most);
        _isGuess = false;
        if (_trial.IsBetter)
        {
            // Twice as many once more there never were, or are not allowed: the policy alone decides, as at first.
            _best = _upNext && 2L * _other > most ? int.MaxValue : _other;
            _foundWith = _triedWith;
            // Where more than fit the cache are better the guess was wrong.
            _guess = _best > _guess ? int.MaxValue : _guess;
            _until = FirstUntil;
            Rest(_upNext ? MeanOver : FirstUntil);
            return true;
        }

        _upNext = !_upNext;
        Rest(_until);
        _until = _trial.WasImpossible ? _until : Math.Min(2 * _until, LongestUntil);
        return false;
    }

    private void Rest(int batches)
    {
        (_present, _other) = (0, 0);
        _left = batches;
    }
}
