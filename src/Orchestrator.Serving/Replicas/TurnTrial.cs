namespace Orchestrator.Serving.Replicas;

/// <summary>
/// Compares two ways of working by trying: a few batches the one way, a few the other, in turns. Whole turns are compared, for single batches deceive (two answers may
/// come together, after a long time and after none), by their medians, which forget a turn that the machine spoilt. Not thread-safe.
/// </summary>
/// <param name="hopeless">The trial ends early if the second way's first turn costs so many times the first way's.</param>
internal sealed class TurnTrial(double hopeless = double.PositiveInfinity)
{
    /// <summary>Turns of each way in a trial.</summary>
    public const int Turns = 4;

    /// <summary>Batches of a way in a row; the first of them still feels the other way, and does not count.</summary>
    public const int Turn = 9;

    /// <summary>Without a batch of the way whose turn it is among so many, the trial ends: the load does not allow it.</summary>
    public const int MostOthers = 4 * Turn;

    private readonly List<double> _first = new(Turns);
    private readonly List<double> _second = new(Turns);
    private double _cost;
    private double _amount;
    private int _inTurn;
    private int _others;

    /// <summary>Whether the next batch should go the second way.</summary>
    public bool IsSecondsTurn { get; private set; }

    /// <summary>The second way's cost over the first's; infinite if it was not to be had.</summary>
    public double Ratio { get; private set; }

    /// <summary>Takes in a batch.</summary>
    /// <param name="wasSecond">Which way it went; null: neither.</param>
    /// <param name="cost">What it cost.</param>
    /// <param name="amount">What was got for that.</param>
    /// <param name="clearWinEnds">Whether it ends early too if the second way's first turn is better by as much as would be hopeless.</param>
    /// <returns>Whether the trial is over; then <see cref="Ratio"/> holds, and the next batch begins another.</returns>
    public bool Observe(bool? wasSecond, double cost, double amount, bool clearWinEnds = false)
    {
        if (wasSecond != IsSecondsTurn)
        {
            return ++_others >= MostOthers && End(double.PositiveInfinity);
        }

        _others = 0;
        if (_inTurn++ > 0)
        {
            _cost += cost;
            _amount += amount;
        }

        return _inTurn == Turn && EndTurn(clearWinEnds);
    }

    private bool EndTurn(bool clearWinEnds)
    {
        (IsSecondsTurn ? _second : _first).Add(_cost / _amount);
        (_inTurn, _cost, _amount) = (0, 0, 0);
        IsSecondsTurn = !IsSecondsTurn;
        if (IsSecondsTurn)
        {
            return false;
        }

        var isClear = _second[0] > hopeless * _first[0] || (clearWinEnds && _first[0] > hopeless * _second[0]);
        return (isClear || _second.Count == Turns) && End(Median(_second) / Median(_first));
    }

    private bool End(double ratio)
    {
        Ratio = ratio;
        IsSecondsTurn = false;
        (_inTurn, _cost, _amount, _others) = (0, 0, 0, 0);
        _first.Clear();
        _second.Clear();
        return true;
    }

    private static double Median(List<double> values)
    {
        values.Sort();
        return (values[(values.Count - 1) / 2] + values[values.Count / 2]) / 2;
    }
}
