using Orchestrator.Serving.Batching;

namespace Orchestrator.Serving.Tests.Batching;

/// <summary>Every decision of <c>deferred</c>: 5 ms + 0.5 ms a row, at most 16 rows (13 ms), an SLO of 50 ms, so a capacity of 1,231 rows/s.</summary>
public sealed class DeferredBatchPolicyTests
{
    private const double Overload = 3000;
    private static readonly BatchBounds Bounds = new(16, Ms(50), TimeSpan.Zero);
    private static readonly LinearEstimate Profile = new(5, 0.5);
    private static readonly IBatchPolicy Policy = BatchPolicies.Get("deferred");

    [Theory]
    [InlineData(50, 0, 0, 0, BatchVerdict.Accept)]
    [InlineData(5.4, 0, 0, 0, BatchVerdict.Infeasible)] // the median of one row is 5.5 ms
    [InlineData(5.6, 0, 0, 0, BatchVerdict.Accept)] // and without load the median decides
    [InlineData(7.5, 0, 0, Overload, BatchVerdict.Infeasible)] // under load the high quantile and the slack do: 1.2 * 5.5 + 1 = 7.6
    [InlineData(7.7, 0, 0, Overload, BatchVerdict.Accept)]
    [InlineData(50, 16, 13, 0, BatchVerdict.Accept)] // 13 left + 13 for the sixteen ahead + 5.5
    [InlineData(31, 16, 13, 0, BatchVerdict.Shed)]
    [InlineData(32, 16, 13, 0, BatchVerdict.Accept)]
    [InlineData(50, 32, 10, Overload, BatchVerdict.Shed)] // 10 + 26 + a batch that others will fill: 16.6
    [InlineData(54, 32, 10, Overload, BatchVerdict.Accept)]
    public void Admit_ByTheWorkAhead(double slack, int ahead, double firstFree, double arrivals, BatchVerdict expected) =>
        Policy.Admit(new ArrivalView(1, Ms(slack), false, ahead, 1, Ms(firstFree), 16, arrivals), Profile, Bounds).ShouldBe(expected);

    [Theory]
    [InlineData(4.9, 0, BatchVerdict.Infeasible)] // never once done in less than 4.95 ms
    [InlineData(5, 0, BatchVerdict.Accept)] // an idle replica and nobody else: a try costs nothing, whatever the load was
    [InlineData(5, 1, BatchVerdict.Infeasible)] // nobody waits, but the replica is busy
    public void Admit_NothingElseWaits_WhatWasDoneOnceIsTried(double slack, double firstFree, BatchVerdict expected) =>
        Policy.Admit(new ArrivalView(1, Ms(slack), true, 0, 1, Ms(firstFree), 16, Overload), Profile, Bounds).ShouldBe(expected);

    [Fact]
    public void Admit_SeveralReplicas_ShareTheWorkAhead()
    {
        var arrival = new ArrivalView(1, Ms(31), false, 16, 4, Ms(13), 16, 0);
        Policy.Admit(arrival, Profile, Bounds).ShouldBe(BatchVerdict.Accept);
        Policy.Admit(arrival with { Replicas = 1 }, Profile, Bounds).ShouldBe(BatchVerdict.Shed);
    }

    [Fact]
    public void Admit_NothingMeasured_TakesAll() =>
        Policy.Admit(new ArrivalView(1, Ms(1), false, 100, 1, Ms(13), 16, Overload), new LinearEstimate(5, 0.5) { BucketsMeasured = 0 }, Bounds).ShouldBe(BatchVerdict.Accept);

    [Theory]
    [InlineData(1, 40, 1)]
    [InlineData(10, 40, 10)]
    [InlineData(40, 40, 16)]
    public void Decide_AllFit_SendsWhatWaitsUpToTheLimit(int rows, double slack, int expected) =>
        Policy.Decide(Queue(rows, slack), 16, Even(rows, slack), Profile, Bounds).ShouldBe(BatchDecision.Send(expected));

    [Fact]
    public void Decide_HopelessHead_IsGivenUp() =>
        Policy.Decide(Queue(8, 5), 16, Even(8, 5), Profile, Bounds).ShouldBe(BatchDecision.GiveUp(1));

    [Fact]
    public void Decide_TightHeadAndAllCanBeHadInTurn_SmallOneFirst() =>
        // Four of ten in the 7.2 ms that the head has left, the other six after them.
        Policy.Decide(Queue(10, 7.2), 16, new ListedOrder(7.2, 7.3, 8, 8, 40, 40, 40, 40, 40, 40), Profile, Bounds).ShouldBe(BatchDecision.Send(4));

    [Fact]
    public void Decide_TightHeadUnderOverload_GivesUpTheFewThatCostTheMany()
    {
        var order = new ListedOrder([9, 9, 9, .. Enumerable.Repeat(30.0, 37)]);
        Policy.Decide(Queue(40, 9) with { Arrivals = Overload }, 16, order, Profile, Bounds).ShouldBe(BatchDecision.GiveUp(3));
    }

    [Fact]
    public void Decide_AllAreTight_SendsTheLargestThatFits()
    {
        // Nobody's deadline is late enough for sixteen: giving some up would gain nothing.
        var slack = 12.0;
        Policy.Decide(Queue(40, slack) with { Arrivals = Overload }, 16, Even(40, slack), Profile, Bounds).ShouldBe(BatchDecision.Send(8));
    }

    [Theory]
    [InlineData(0, 0, false, 0)] // nobody is expected
    [InlineData(1000, 10, false, 1.65)] // as many as a quarter of the batch's own time allows
    [InlineData(1000, 10, true, 0)] // another replica is idle too: whoever comes has one
    [InlineData(1000, 0, false, 0)] // all callers wait for us already
    [InlineData(200, 10, false, 0)] // less than one is expected in that time
    public void Decide_RoomForMore_HoldsOnlyWhereItPays(double arrivals, int missing, bool othersIdle, double expectedMs)
    {
        var queue = Queue(1, 40) with { Arrivals = arrivals, Missing = missing, OthersIdle = othersIdle };
        Policy.Decide(queue, 16, Even(1, 40), Profile, Bounds).ShouldBe(expectedMs == 0 ? BatchDecision.Send(1) : BatchDecision.HoldFor(Ms(expectedMs)));
    }

    [Fact]
    public void Decide_CallersJustAnswered_WaitsForTheirNextQuestions()
    {
        var queue = Queue(8, 40) with { Arrivals = 900, Missing = 8, Echo = 8, EchoLeft = Ms(0.7) };
        Policy.Decide(queue, 16, Even(8, 40), Profile, Bounds).ShouldBe(BatchDecision.HoldFor(Ms(0.7)));
        Policy.Decide(queue with { Echo = 0 }, 16, Even(8, 40), Profile, Bounds).ShouldBe(BatchDecision.Send(8));
    }

    [Fact]
    public void Decide_HeldLongEnough_Leaves()
    {
        var queue = Queue(1, 40) with { Arrivals = 1000, Missing = 10, Held = Ms(1.65) };
        Policy.Decide(queue, 16, Even(1, 40), Profile, Bounds).ShouldBe(BatchDecision.Send(1));
    }

    [Fact]
    public void Decide_HoldWouldCostTheHead_LeavesInTime()
    {
        // One row more needs 1.2 * 6 + 1 = 8.2 ms: of 9 ms no more than 0.8 may go by.
        var queue = Queue(1, 9) with { Arrivals = 2000, Missing = 10 };
        Policy.Decide(queue, 16, Even(1, 9), new LinearEstimate(5, 0.5), Bounds).ShouldBe(BatchDecision.HoldFor(Ms(0.8)));
    }

    [Theory]
    [InlineData(1, 1, 1, 2)]
    [InlineData(2, 2, 2, 4)]
    [InlineData(4, 3, 4, 8)]
    [InlineData(16, 16, 16, 16)]
    public void NextLimit_DoublesTheLargestThatWasSeen(int limit, int rows, int largest, int expected) =>
        Policy.NextLimit(limit, new BatchObservation(rows, Ms(5)), Profile with { LargestRows = largest }, Bounds).ShouldBe(expected);

    private static QueueView Queue(int rows, double headSlack) =>
        new(rows, 1, rows == 1, Ms(headSlack), Ms(headSlack), TimeSpan.Zero, TimeSpan.Zero, 0, 0, 0, TimeSpan.Zero, false, 1);

    private static ListedOrder Even(int rows, double slack) => new([.. Enumerable.Repeat(slack, rows)]);

    private static TimeSpan Ms(double milliseconds) => TimeSpan.FromMilliseconds(milliseconds);
}
