using Orchestrator.Serving.Queueing;

namespace Orchestrator.Serving.Tests.Queueing;

public sealed class ReplicaOccupancyTests
{
    private readonly ReplicaOccupancy _out = new();

    [Fact]
    public void OneReplica_ItsExpectedEnd()
    {
        _out.FirstFree(1, 100).ShouldBe(0);
        _out.Left(4, 150);
        _out.FirstFree(1, 100).ShouldBe(50);
        _out.FirstFree(1, 160).ShouldBe(0);
        _out.CameBack(4, 150);
        _out.FirstFree(1, 100).ShouldBe(0);
        _out.Rows.ShouldBe(0);
    }

    [Fact]
    public void Several_OneIsIdle_AtOnce()
    {
        _out.Left(1, 150);
        _out.FirstFree(2, 100).ShouldBe(0);
    }

    [Fact]
    public void Several_AllBusy_TheFirstOfThem()
    {
        foreach (var end in new long[] { 110, 120, 130, 140 })
        {
            _out.Left(1, end);
        }

        _out.FirstFree(4, 100).ShouldBe(10);
    }

    [Fact]
    public void LateClock_SumThatWrapsAround_IsStillRight()
    {
        var now = long.MaxValue - 1000;
        for (var i = 0; i < 100; i++)
        {
            _out.Left(1, now + 101);
        }

        _out.FirstFree(100, now).ShouldBe(2);
    }

    [Fact]
    public void Ahead_ComesBeforeWhateverWaits_UntilItHasItsTurn()
    {
        _out.Left(4, 150);
        _out.LeftAhead(3, 30);
        _out.Rows.ShouldBe(7);
        _out.Batches.ShouldBe(1);
        _out.FirstFree(1, 100).ShouldBe(80);
        _out.CameBack(4, 150);
        _out.Began(30, 190);
        _out.FirstFree(1, 160).ShouldBe(30);
        _out.CameBack(3, 190);
        _out.Rows.ShouldBe(0);
        _out.FirstFree(1, 160).ShouldBe(0);
    }

    [Fact]
    public void Ahead_BackBeforeTheOneBeforeIt_LeavesNothingBehind()
    {
        _out.Left(1, 150);
        _out.LeftAhead(2, 30);
        _out.CameBackAhead(2, 30);
        _out.FirstFree(1, 100).ShouldBe(50);
        _out.Rows.ShouldBe(1);
    }
}
