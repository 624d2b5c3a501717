using Orchestrator.Serving.Replicas;

namespace Orchestrator.Serving.Tests.Replicas;

public sealed class TurnTrialTests
{
    private const int Turn = 4;
    private readonly TurnTrial _trial = new(Turn, settling: 1, gain: 0.1, hopeless: 1.2);

    [Theory]
    [InlineData(0.89, true)]
    [InlineData(0.91, false)]
    public void TurnsAgree_TheFirstFourOfEachAreEnough(double second, bool isBetter)
    {
        Turns(second, second, second);
        Turns(second).ShouldBeTrue();
        _trial.IsBetter.ShouldBe(isBetter);
    }

    [Theory]
    [InlineData(0.8, 1.1, true)]
    [InlineData(1.1, 0.8, false)]
    public void OneOfFourDissents_EightDecide(double most, double one, bool isBetter)
    {
        Turns(most, one, most, most).ShouldBeFalse();
        Turns(most, most, most).ShouldBeFalse();
        Turns(most).ShouldBeTrue();
        _trial.IsBetter.ShouldBe(isBetter);
    }

    [Theory]
    [InlineData(7, true)]
    [InlineData(6, false)]
    public void TurnsDoNotAgree_TheLastDecidesByTheMost(int wins, bool isBetter)
    {
        // Wins in turns with losses, as long as there are both.
        var losses = TurnTrial.MostTurns - wins;
        for (var n = 0; n < TurnTrial.MostTurns - 1; n++)
        {
            Turns(n % 2 == 0 ? --wins >= 0 ? 0.8 : 1.1 : --losses >= 0 ? 1.1 : 0.8).ShouldBeFalse();
        }

        Turns(wins > 0 ? 0.8 : 1.1).ShouldBeTrue();
        _trial.IsBetter.ShouldBe(isBetter);
    }

    [Fact]
    public void MachineGetsSlowerAllTheTime_IsNotTheSecondWaysFault()
    {
        for (var (speed, n) = (1.0, 0); n < TurnTrial.Turns; n++, speed *= 1.5)
        {
            OneWay(speed);
            OneWay(0.8 * speed);
        }

        _trial.IsBetter.ShouldBeTrue();
    }

    [Fact]
    public void FirstTurnIsHopeless_EndsIt()
    {
        Turns(1.21).ShouldBeTrue();
        _trial.IsBetter.ShouldBeFalse();
        _trial.WasImpossible.ShouldBeFalse();
    }

    [Theory]
    [InlineData(1.41, true)]
    [InlineData(1.39, false)]
    public void TwiceAsHopeless_HalfATurnShowsIt(double cost, bool ends)
    {
        OneWay(1);
        Observe(cost);
        Observe(cost).ShouldBe(ends);
    }

    [Fact]
    public void LaterTurnIsHopeless_OneMayBeSpoilt() => Turns(0.8, 9).ShouldBeFalse();

    [Theory]
    [InlineData(true, 0.83, true)]
    [InlineData(true, 0.84, false)]
    [InlineData(false, 0.1, false)]
    public void FirstTurnIsClearlyBetter_EndsItWhereThatIsAskedFor(bool clearWinEnds, double cost, bool ends)
    {
        OneWay(1, clearWinEnds);
        OneWay(cost, clearWinEnds).ShouldBe(ends);
    }

    [Fact]
    public void WayIsNotToBeHad_EndsIt_AndTheNextTrialIsWhole()
    {
        OneWay(1);
        for (var n = 1; n < TurnTrial.MostMissed * Turn; n++)
        {
            _trial.Observe(null, 1, 1).ShouldBeFalse();
        }

        _trial.Observe(false, 1, 1).ShouldBeTrue();
        _trial.WasImpossible.ShouldBeTrue();
        _trial.IsSecondsTurn.ShouldBeFalse();
        Turns(0.8, 0.8, 0.8).ShouldBeFalse();
        Turns(0.8).ShouldBeTrue();
        (_trial.IsBetter, _trial.WasImpossible).ShouldBe((true, false));
    }

    [Fact]
    public void CostIsPerAmount()
    {
        for (var n = 0; n < TurnTrial.Turns; n++)
        {
            OneWay(1);
            for (var i = 0; i < Turn; i++)
            {
                _trial.Observe(true, 1.5, 2);
            }
        }

        _trial.IsBetter.ShouldBeTrue();
    }

    /// <summary>Turns of both ways, the first's at a cost of 1.</summary>
    /// <returns>Whether the last ended the trial.</returns>
    private bool Turns(params double[] second)
    {
        var isOver = false;
        foreach (var cost in second)
        {
            isOver.ShouldBeFalse();
            OneWay(1).ShouldBeFalse();
            isOver = OneWay(cost);
        }

        return isOver;
    }

    private bool OneWay(double cost, bool clearWinEnds = false)
    {
        var isOver = false;
        for (var i = 0; i < Turn; i++)
        {
            isOver = _trial.Observe(_trial.IsSecondsTurn, cost, 1, clearWinEnds);
        }

        return isOver;
    }

    private bool Observe(double cost) => _trial.Observe(_trial.IsSecondsTurn, cost, 1);
}
