namespace Orchestrator.Serving.Replicas;

/// <summary>
/// Compares two ways of working by trying: a few batches the one way, a few the other, in turns. Whole turns are compared, for single batches deceive (two answers may
/// come together, after a long time and after none), each with the one just before it, so that what the machine does to both is not in it. On a machine with neighbours two turns of
/// the same way differ by a tenth and more; so a trial goes on until its turns agree. Not thread-safe.
/// </summary>
/// <param name="turn">Batches of a way in a row.</param>
/// <param name="settling">The first of them still feel the other way, and do not count.</param>
/// <param name="gain">What the second way must save of the first's cost to be the better one.</param>
/// <param name="hopeless">The trial ends early if the second way's first turn costs so many times the first way's; half way through it already if the excess is twice that.</param>
internal sealed class TurnTrial(int turn, int settling, double gain, double hopeless = double.PositiveInfinity)
{
    /// <summary>Turns of each way after which a trial ends if all of them agree, or, twice as many, if all but one do.</summary>
    public const int Turns = 4;

    /// <summary>Turns of each way after which the median decides.</summary>
    public const int MostTurns = 3 * Turns;

    /// <summary>Turns' worth of batches without one of the way whose turn it is, after which a trial ends: the load does not allow it.</summary>
    public const int MostMissed = 4;

    private readonly List<double> _ratios = new(MostTurns);
    private double _firstCost;
    private double _cost;
    private double _amount;
    private int _inTurn;
    private int _others;

    /// <summary>Whether the next batch should go the second way.</summary>
    public bool IsSecondsTurn { get; private set; }

    /// <summary>Whether the second way is better, as the last trial found.</summary>
    public bool IsBetter { get; private set; }

    /// <summary>Whether the last trial found nothing, because the load did not allow both ways.</summary>
    public bool WasImpossible { get; private set; }

    /// <summary>Takes in a batch.</summary>
    /// <param name="wasSecond">Which way it went; null: neither.</param>
    /// <param name="cost">What it cost.</param>
    /// <param name="amount">What was got for that.</param>
    /// <param name="clearWinEnds">Whether it ends early too if the second way's first turn is better by as much as would be hopeless.</param>
    /// <returns>Whether the trial is over; then <see cref="IsBetter"/> holds, and the next batch begins another.</returns>
    public bool Observe(bool? wasSecond, double cost, double amount, bool clearWinEnds = false)
    {
        if (wasSecond != IsSecondsTurn)
        {
            return ++_others >= MostMissed * turn && End(isBetter: false, wasImpossible: true);
        }

        _others = 0;
        if (_inTurn++ >= settling)
        {
            _cost += cost;
            _amount += amount;
        }

        return _inTurn == turn ? EndTurn(clearWinEnds) : _inTurn == turn / 2 && IsLost && End(isBetter: false);
    }

    private bool IsLost => IsSecondsTurn && _ratios.Count == 0 && _cost / _amount > (1 + (2 * (hopeless - 1))) * _firstCost;

    private bool EndTurn(bool clearWinEnds)
    {
        var cost = _cost / _amount;
        (_inTurn, _cost, _amount) = (0, 0, 0);
        IsSecondsTurn = !IsSecondsTurn;
        if (IsSecondsTurn)
        {
            _firstCost = cost;
            return false;
        }

        _ratios.Add(cost / _firstCost);
        return Verdict(clearWinEnds) is { } isBetter && End(isBetter);
    }

    /// <summary>Null: go on.</summary>
    private bool? Verdict(bool clearWinEnds)
    {
        var (turns, wins) = (_ratios.Count, _ratios.Count(ratio => ratio < 1 - gain));
        if (turns == 1)
        {
            return _ratios[0] > hopeless ? false : clearWinEnds && hopeless * _ratios[0] < 1 ? true : null;
        }

        var dissent = Math.Min(wins, turns - wins);
        var isOver = turns % Turns == 0 && dissent < turns / Turns;
        return isOver || turns == MostTurns ? wins > turns / 2 : null;
    }

    /// <summary>Ends without a verdict; the next batch begins another.</summary>
    public void Abandon() => End(isBetter: false, wasImpossible: true);

    private bool End(bool isBetter, bool wasImpossible = false)
    {
        (IsBetter, WasImpossible) = (isBetter, wasImpossible);
        IsSecondsTurn = false;
        (_inTurn, _cost, _amount, _others) = (0, 0, 0, 0);
        _ratios.Clear();
        return true;
    }
}
