using Orchestrator.Serving.Replicas;

namespace Orchestrator.Serving.Tests.Replicas;

public sealed class AheadTrialTests
{
    private readonly AheadTrial _trial = new(mayCap: true, AheadTerms.First);

    [Theory]
    [InlineData(0.8, true)]
    [InlineData(1.2, false)]
    [InlineData(0.99, false)]
    public void Verdict_IsTheKindThatIsClearlyFaster(double ahead, bool goesAhead)
    {
        Try(ahead);
        _trial.GoesAhead.ShouldBe(goesAhead);
    }

    [Fact]
    public void Trial_BeginsAlone_AndTakesTurns()
    {
        var kinds = new List<bool>();
        for (var i = 0; i < 3 * AheadTerms.First.Turn; i++)
        {
            kinds.Add(_trial.GoesAhead);
            _trial.Observe(_trial.GoesAhead, 1, 1, 1);
        }

        kinds.ShouldBe([.. Enumerable.Repeat(false, AheadTerms.First.Turn), .. Enumerable.Repeat(true, AheadTerms.First.Turn), .. Enumerable.Repeat(false, AheadTerms.First.Turn)]);
    }

    [Fact]
    public void FirstOfATurn_StillFeelsTheOther_AndDoesNotCount()
    {
        for (var i = 0; _trial.GoesAhead || i < 2 * TurnTrial.Turns * AheadTerms.First.Turn; i++)
        {
            var isFirst = i % AheadTerms.First.Turn == 0;
            _trial.Observe(_trial.GoesAhead, isFirst ? 0.01 : _trial.GoesAhead ? 1.2 : 1, 1, 1);
        }

        _trial.GoesAhead.ShouldBeFalse();
    }

    [Fact]
    public void AnswersThatComeInPairs_AreNotTakenForFast()
    {
        for (var i = 0; i < 2 * TurnTrial.Turns * AheadTerms.First.Turn; i++)
        {
            _trial.Observe(_trial.GoesAhead, !_trial.GoesAhead ? 1 : i % 2 == 0 ? 2.2 : 0.01, 1, 1);
        }

        _trial.GoesAhead.ShouldBeFalse();
    }

    [Fact]
    public void BatchOfTheOtherKind_LeftBeforeTheTurn_IsIgnored()
    {
        _trial.Observe(wasAhead: true, 0.1, 1, 1);
        Try(1.2);
        _trial.GoesAhead.ShouldBeFalse();
    }

    [Fact]
    public void Verdict_HoldsForAWhile_ThenIsTriedAgain_LessAndLessOften()
    {
        Try(0.8);
        Hold(AheadTrial.FirstUntil);
        _trial.GoesAhead.ShouldBeFalse("the next trial begins alone");
        Try(1.2);
        _trial.GoesAhead.ShouldBeFalse();
        Hold(2 * AheadTrial.FirstUntil);
        Try(0.8);
        _trial.GoesAhead.ShouldBeTrue();
    }

    [Fact]
    public void LoadNeverLetsABatchGoAhead_TheTrialEnds_AndIsNotPutOffLonger()
    {
        for (var i = 0; i < AheadTerms.First.Turn * (1 + TurnTrial.MostMissed); i++)
        {
            _trial.IsTrying.ShouldBeTrue();
            _trial.Observe(wasAhead: false, 1, 1, 1);
        }

        _trial.GoesAhead.ShouldBeFalse();
        Hold(AheadTrial.FirstUntil);
        _trial.IsTrying.ShouldBeTrue();
        Try(0.8);
        Hold(AheadTrial.FirstUntil);
        _trial.IsTrying.ShouldBeTrue();
    }

    [Fact]
    public void TryAgain_BeginsATrialAtOnce()
    {
        Try(0.8);
        _trial.TryAgain();
        _trial.GoesAhead.ShouldBeFalse();
        _trial.IsTrying.ShouldBeTrue();
    }

    [Fact]
    public void FirstOfATurn_QuickForItWaited_DoesNotMakeTheWayFaster()
    {
        for (var i = 0; i < 2 * TurnTrial.Turns * AheadTerms.First.Turn; i++)
        {
            _trial.Observe(_trial.GoesAhead, _trial.GoesAhead && i % AheadTerms.First.Turn == 0 ? 0.01 : 1, 1, 1);
        }

        _trial.GoesAhead.ShouldBeFalse();
    }

    [Fact]
    public void TurnThatTheMachineSpoilt_TheTrialGoesOn_AndForgetsIt()
    {
        for (var i = 0; _trial.IsTrying; i++)
        {
            _trial.Observe(_trial.GoesAhead, i / AheadTerms.First.Turn == 3 ? 10 : _trial.GoesAhead ? 0.8 : 1, 1, 1);
            i.ShouldBeLessThan(4 * TurnTrial.Turns * AheadTerms.First.Turn);
        }

        _trial.GoesAhead.ShouldBeTrue();
    }

    [Fact]
    public void OthersInBetween_DoNotEndTheTrial()
    {
        for (var i = 0; i < 2 * TurnTrial.Turns * AheadTerms.First.Turn; i++)
        {
            _trial.Observe(!_trial.GoesAhead, 5, 1, 1);
            _trial.Observe(_trial.GoesAhead, _trial.GoesAhead ? 0.8 : 1, 1, 1);
        }

        _trial.GoesAhead.ShouldBeTrue();
    }

    [Fact]
    public void TryAgain_TheOneAfterItComesSoonToo()
    {
        Try(0.99);
        Hold(AheadTrial.FirstUntil);
        Try(0.99);
        _trial.TryAgain();
        Try(0.99);
        Hold(AheadTrial.FirstUntil);
        _trial.IsTrying.ShouldBeTrue();
    }

    [Fact]
    public void NoBatchIsEverFullEnough_ItIsTriedWithSmallerOnes_AndTheyStaySoWhereThatIsBetter()
    {
        TryFew(costAhead: 0.8);
        _trial.GoesAhead.ShouldBeTrue();
        _trial.Cap.ShouldBe(56);
    }

    [Fact]
    public void SmallerOnesAheadAreNoBetter_TheCapIsOffAgain()
    {
        TryFew(costAhead: 0.95);
        _trial.GoesAhead.ShouldBeFalse();
        _trial.Cap.ShouldBe(int.MaxValue);
    }

    [Fact]
    public void SmallerOnesAhead_AreComparedByTheRow()
    {
        // A batch takes a seventh less time, but has an eighth fewer rows: hardly anything is gained.
        TryFew(costAhead: 6.0 / 7 / (7.0 / 8));
        _trial.GoesAhead.ShouldBeFalse();
    }

    [Fact]
    public void WhatTheCapLeavesOver_CostsTimeToo()
    {
        // Ahead each row takes four fifths; but every second batch is one of what was left, which goes alone and takes as long again.
        var isLeftover = false;
        while (_trial.IsTrying)
        {
            var isCapped = _trial.GoesAhead && _trial.Cap < 64;
            isLeftover = isCapped && !isLeftover;
            _trial.Observe(isCapped && !isLeftover, isLeftover || !isCapped ? 64 : 0.8 * 56, 1, isLeftover ? 8 : Math.Min(64, _trial.Cap));
        }

        _trial.GoesAhead.ShouldBeFalse();
    }

    [Fact]
    public void LoadFellSinceTheLastTrial_TheCapIsOfItsOwnTime()
    {
        TryFew(costAhead: 0.8);
        Hold(AheadTrial.FirstUntil);
        while (_trial.IsTrying)
        {
            var goesAhead = _trial.GoesAhead && _trial.Cap < 16;
            var rows = Math.Min(16, _trial.Cap);
            _trial.Observe(goesAhead, rows * (goesAhead ? 0.8 : 1), 1, rows);
        }

        _trial.Cap.ShouldBe(14);
    }

    [Fact]
    public void PolicyKeepsItsSizes_NothingIsTriedWithSmallerOnes()
    {
        var trial = new AheadTrial(mayCap: false, AheadTerms.First);
        for (var i = 0; i < AheadTerms.First.Turn * (1 + TurnTrial.MostMissed); i++)
        {
            trial.Observe(wasAhead: false, 1, 1, 64);
        }

        trial.IsTrying.ShouldBeFalse();
        trial.Cap.ShouldBe(int.MaxValue);
    }

    [Fact]
    public void TooFewRowsToLeaveAny_NothingIsTriedWithSmallerOnes()
    {
        for (var i = 0; i < AheadTerms.First.Turn * (1 + TurnTrial.MostMissed); i++)
        {
            _trial.Observe(wasAhead: false, 1, 1, 7);
        }

        _trial.IsTrying.ShouldBeFalse();
    }

    [Fact]
    public void LoadDoesNotAllowTheNextTrial_WhatWasFoundBeforeHolds()
    {
        TryFew(costAhead: 0.8);
        Hold(AheadTrial.FirstUntil);
        for (var i = 0; i < AheadTerms.First.Turn * 2 * (1 + TurnTrial.MostMissed); i++)
        {
            _trial.Cap.ShouldBeOneOf(56, int.MaxValue);
            _trial.Observe(wasAhead: false, 1, 1, 64);
        }

        _trial.IsTrying.ShouldBeFalse();
        _trial.GoesAhead.ShouldBeTrue();
        _trial.Cap.ShouldBe(56);
    }

    /// <summary>A trial under callers so few that a batch of 64 takes all who wait: only where the cap leaves some does one go ahead.</summary>
    /// <param name="costAhead">Time for each row ahead, over that of a batch that is not.</param>
    private void TryFew(double costAhead)
    {
        while (_trial.IsTrying)
        {
            var goesAhead = _trial.GoesAhead && _trial.Cap < 64;
            var rows = Math.Min(64, _trial.Cap);
            _trial.Observe(goesAhead, rows * (goesAhead ? costAhead : 1), 1, rows);
        }
    }

    private void Try(double ahead)
    {
        for (var i = 0; i < 2 * TurnTrial.Turns * AheadTerms.First.Turn; i++)
        {
            _trial.Observe(_trial.GoesAhead, _trial.GoesAhead ? ahead : 1, 1, 1);
        }
    }

    private void Hold(int batches)
    {
        for (var i = 0; i < batches; i++)
        {
            _trial.Observe(_trial.GoesAhead, 1, 1, 1);
        }
    }
}
