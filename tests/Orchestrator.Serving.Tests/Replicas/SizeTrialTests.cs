using Orchestrator.Serving.Replicas;

namespace Orchestrator.Serving.Tests.Replicas;

public sealed class SizeTrialTests
{
    private readonly SizeTrial _trial = new();

    /// <summary>How many rows wait, those of the next batch included.</summary>
    private int _waiting = 1024;

    /// <summary>Rows that the policy allows.</summary>
    private int _limit = int.MaxValue;

    [Fact]
    public void SmallerBatchesDoMorePerSecond_HalfIsTakenAgainAndAgain_UntilItGainsNoMore()
    {
        // The less the fixed part counts, the more the rows outgrow the cache: 2.1 a row for 1,024, 1.5 for 256, 1.6 for 128.
        Work(5000, rows => 60 + rows + (rows * rows / 1000.0));
        BestSize().ShouldBeInRange(250, 256);
    }

    [Fact]
    public void LargerBatchesDoMorePerSecond_TheCapStaysOff()
    {
        Work(4000, rows => 300 + rows);
        BestSize().ShouldBe(int.MaxValue);
    }

    [Fact]
    public void SizesDoAboutTheSame_TheCapStaysOff()
    {
        Work(4000, rows => rows * (rows == 1024 ? 1.03 : 1));
        BestSize().ShouldBe(int.MaxValue);
    }

    [Fact]
    public void LargerBatchesHaveBecomeBetter_AreTakenBack()
    {
        Work(2000, rows => 10 + rows + (rows * rows / 200.0));
        BestSize().ShouldBeInRange(60, 64);
        Work(8000, rows => 300 + rows);
        BestSize().ShouldBeGreaterThan(900);
    }

    [Fact]
    public void HalfIsClearlyWorse_TheTrialEndsAfterItsFirstTurn_AndTheNextComesLater()
    {
        Work(SizeTrial.FirstUntil, Slow);
        _trial.IsTrying.ShouldBeTrue();
        Work(2 * SizeTrial.Turn, Slow);
        _trial.IsTrying.ShouldBeFalse();
        Work(SizeTrial.FirstUntil + (2 * SizeTrial.Turn), Slow);
        Work((2 * SizeTrial.FirstUntil) - 1, Slow);
        _trial.IsTrying.ShouldBeFalse();
        Work(1, Slow);
        _trial.IsTrying.ShouldBeTrue();

        static double Slow(int rows) => 400 + rows;
    }

    [Fact]
    public void Trial_BeginsWithTheUsualSize_ThenHalf()
    {
        Work(SizeTrial.FirstUntil, rows => rows);
        _trial.CapOf(_waiting).ShouldBeInRange(1000, 1024);
        Work(SizeTrial.Turn, rows => rows);
        _trial.CapOf(_waiting).ShouldBeInRange(500, 512);
    }

    [Theory]
    [InlineData(100, false)]
    [InlineData(740, false)]
    [InlineData(780, true)]
    public void LoadGoesDown_BelowThreeQuartersOfTheSize_TheTrialEnds_WithoutAVerdict(int waiting, bool goesOn)
    {
        Work(SizeTrial.FirstUntil, rows => rows);
        _waiting = waiting;
        Work(TurnTrial.MostMissed * SizeTrial.Turn, rows => rows);
        _trial.IsTrying.ShouldBe(goesOn);
        _waiting = 1;
        Work(TurnTrial.MostMissed * SizeTrial.Turn, rows => rows);
        _trial.CapOf(_waiting).ShouldBe(int.MaxValue);
    }

    [Fact]
    public void SmallCapFoundAtLittleLoad_HoldsNoBurst()
    {
        _waiting = 8;
        Work(4000, rows => rows + (rows * rows));
        BestSize().ShouldBeLessThan(4);
        _waiting = 33;
        _trial.CapOf(_waiting).ShouldBe(int.MaxValue);
        Work(1, rows => 100 + rows);
        _waiting = 8;
        BestSize().ShouldBe(int.MaxValue, "it is searched anew, with the load that there is");
    }

    [Fact]
    public void SmallCapFoundAtLittleLoad_GivesWayToSomewhatMore_OnceItIsTriedAgain()
    {
        _waiting = 32;
        Work(4000, rows => rows + (rows * rows));
        BestSize().ShouldBeLessThan(4);
        _waiting = 128;
        while (!_trial.IsTrying)
        {
            Work(1, rows => 100 + rows);
        }

        var batches = 0;
        for (; batches < 2000 && _trial.CapOf(_waiting) < 100; batches++)
        {
            Work(1, rows => 100 + rows);
        }

        batches.ShouldBeLessThan(600);
    }

    [Theory]
    [InlineData(31, true)]
    [InlineData(33, false)]
    public void BurstWhileSizesAreTriedAtLittleLoad_IsNotHeld(int burst, bool isCapped)
    {
        _waiting = 8;
        Work(SizeTrial.FirstUntil + SizeTrial.Turn, rows => 100 + rows);
        _trial.IsTrying.ShouldBeTrue();
        (_trial.CapOf(burst) < 8).ShouldBe(isCapped);
    }

    [Fact]
    public void BurstWhileSizesAreTried_TheTrialEnds_WithoutAVerdict()
    {
        _waiting = 8;
        Work(SizeTrial.FirstUntil + SizeTrial.Turn, rows => 100 + rows);
        _waiting = 1024;
        Work(TurnTrial.MostMissed * SizeTrial.Turn, rows => 100 + rows);
        BestSize().ShouldBe(int.MaxValue);
    }

    [Fact]
    public void FirstBatchWasMuchLargerThanTheUsual_AsWhenAllCallersComeAtOnce_SizesAreTriedAllTheSame()
    {
        _waiting = 4096;
        Work(1, rows => rows);
        _waiting = 1000;
        Work(5000, rows => 60 + rows + (rows * rows / 1000.0));
        BestSize().ShouldBeInRange(240, 256);
    }

    [Fact]
    public void LittleLoad_AfterMore_TriesNothing()
    {
        Work(SizeTrial.FirstUntil / 2, rows => rows);
        _waiting = 9;
        for (var i = 0; i < 2000; i++)
        {
            Work(1, rows => 1 + rows);
            _trial.IsTrying.ShouldBeFalse();
        }
    }

    [Fact]
    public void OneRowAtATime_ThereIsNothingToHalve()
    {
        _waiting = 1;
        Work(4000, rows => rows);
        _trial.CapOf(_waiting).ShouldBe(int.MaxValue);
        _trial.IsTrying.ShouldBeFalse();
    }

    [Fact]
    public void LoadDoesNotAllowIt_TheNextIsNotPutOff()
    {
        for (var n = 0; n < 3; n++)
        {
            _waiting = 1024;
            Work(SizeTrial.FirstUntil, rows => rows);
            _trial.IsTrying.ShouldBeTrue();
            _waiting = 100;
            Work(TurnTrial.MostMissed * SizeTrial.Turn, rows => rows);
            _trial.IsTrying.ShouldBeFalse();
        }
    }

    [Fact]
    public void AlwaysLost_TheNextIsNeverPutOffForLongerThanTheMost()
    {
        Work(30_000, rows => 1000 + rows);
        var n = 0;
        while (!_trial.IsTrying)
        {
            Work(1, rows => 1000 + rows);
            (++n).ShouldBeLessThanOrEqualTo(SizeTrial.LongestUntil);
        }
    }

    [Fact]
    public void OneRowAtATimeWasBetter_LargerBatchesAreTriedAgain()
    {
        _waiting = 2;
        Work(SizeTrial.FirstUntil + (2 * TurnTrial.Turns * SizeTrial.Turn), rows => rows * rows);
        BestSize().ShouldBe(1);
        _waiting = 1024;
        Work(5000, rows => 100 + rows);
        _trial.CapOf(_waiting).ShouldBeGreaterThan(500);
    }

    [Theory]
    [InlineData(3136, 417)]
    [InlineData(20_480, 64)]
    [InlineData(20_800, int.MaxValue)]
    [InlineData(1, int.MaxValue)]
    [InlineData(0.0001, int.MaxValue)]
    public void Search_BeginsWithWhatFitsTheCache_UnlessThatIsFewRows_OrMoreThanThereAre(double rowBytes, int rows)
    {
        _trial.RowsHave(rowBytes);
        Work(1, rows => rows);
        _trial.CapOf(_waiting).ShouldBe(rows);
    }

    [Fact]
    public void SearchBeganInTheCache_LargerBatchesAreTriedFirst_AndTakenWhereTheyDoMore()
    {
        _limit = 1024;
        _trial.RowsHave(bytes: 3136);
        Work(1 + SizeTrial.FirstUntil + SizeTrial.Turn, rows => 300 + rows);
        _trial.CapOf(_waiting).ShouldBe(834);
        Work(SizeTrial.Turn, rows => 300 + rows);
        BestSize().ShouldBe(int.MaxValue, "twice as many once more are not allowed: the policy alone decides");
    }

    [Fact]
    public void SearchBeganInTheCache_LargerBatchesDoNoMore_TheSizeStays()
    {
        _trial.RowsHave(bytes: 3136);
        Work(1500, rows => 10 + rows);
        BestSize().ShouldBe(417);
    }

    [Fact]
    public void SearchBeganInTheCache_MoreAreBetter_AndAsManyAgainAreAllowed_TheyAreTriedToo()
    {
        _limit = 2048;
        _waiting = 500;
        _trial.RowsHave(bytes: 3136);
        Work(1, rows => 300 + rows);
        _waiting = 4096;
        Work(SizeTrial.FirstUntil + (2 * SizeTrial.Turn), rows => 300 + rows);
        BestSize().ShouldBe(834);
    }

    [Fact]
    public void SearchBeganInTheCache_LoadFell_TheGuessIsNone_UntilBatchesAreLargerAgain()
    {
        _trial.RowsHave(bytes: 3136);
        Work(1, rows => 300 + rows);
        _waiting = 100;
        Work(SizeTrial.FirstUntil + (TurnTrial.MostMissed * SizeTrial.Turn), rows => 300 + rows);
        BestSize().ShouldBe(int.MaxValue);
        _waiting = 1024;
        Work(1, rows => 300 + rows);
        BestSize().ShouldBe(417);
    }

    [Fact]
    public void SmallerThanFitTheCacheAreTriedOrWereBetterAtLittleLoad_ABurstGetsWhatFitsTheCache()
    {
        static double Better(int rows) => rows + (rows * rows / 100.0);
        _waiting = 1000;
        _trial.RowsHave(bytes: 3136);
        Work(1 + SizeTrial.FirstUntil, Better);
        (_trial.IsTrying, _trial.CapOf(20_000)).ShouldBe((true, 417));
        while (_trial.IsTrying || BestSize() == 417)
        {
            Work(1, Better);
        }

        BestSize().ShouldBeLessThan(417);
        _waiting = 20_000;
        Work(1, Better);
        _waiting = 1000;
        BestSize().ShouldBe(417);
    }

    private void Work(int batches, Func<int, double> took)
    {
        for (var i = 0; i < batches; i++)
        {
            var rows = Math.Min(_waiting, _trial.CapOf(_waiting));
            _trial.Observe(rows, took(rows), _limit, _waiting - rows);
        }
    }

    private int BestSize()
    {
        _trial.IsTrying.ShouldBeFalse("choose another number of batches");
        return _trial.CapOf(_waiting);
    }
}
