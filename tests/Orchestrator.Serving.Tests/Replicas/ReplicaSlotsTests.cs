using Orchestrator.Serving.Prediction;
using Orchestrator.Serving.Queueing;
using Orchestrator.Serving.Replicas;

namespace Orchestrator.Serving.Tests.Replicas;

public sealed class ReplicaSlotsTests
{
    private const int Duration = 100;
    private static readonly ReplicaReply QueuedOk = new(ReplyKind.Ok, null, null, true, Queued: TimeSpan.Zero);

    [Theory]
    [InlineData(ReplyKind.Ok, true)]
    [InlineData(ReplyKind.Busy, false)]
    [InlineData(ReplyKind.Failed, false)]
    [InlineData(ReplyKind.TooLate, false)]
    internal void BatchThatWasNotComputed_SaysNothingOfHowLongOneTakes(ReplyKind kind, bool isTurnOver)
    {
        var slots = new ReplicaSlots(concurrency: 1, mayGoAhead: true, limit: 1, findsSize: false);
        slots.Heard(NewBatch(0), QueuedOk, 0, Timescale.Of(new ManualTime()));
        var now = 0;
        for (var i = 0; i <= AheadTerms.First.Turn; i++)
        {
            var batch = NewBatch(now);
            slots.Left(batch);
            slots.CameBack(batch, kind, now += Duration, waiting: 0);
        }

        slots.Left(NewBatch(now));
        slots.TakesAhead(now).ShouldBe(isTurnOver);
    }

    [Fact]
    public void BatchesThatWaitInside_HaveTheirTurnInOrder_AndMayComeBackInAnother()
    {
        var slots = new ReplicaSlots(concurrency: 1, mayGoAhead: true, limit: 1, findsSize: false);
        var (first, second, third) = (NewBatch(1000), NewBatch(1000, 1), NewBatch(1000, 2));
        slots.Left(first);
        slots.NextStart(1000).ShouldBe(1000 + Duration);
        slots.Left(second);
        slots.Left(third);
        slots.Ahead.ShouldBe(2);
        slots.HasRoomAhead.ShouldBeFalse();
        slots.NextStart(1000).ShouldBe(1000 + (3 * Duration));
        slots.NextStart(1500).ShouldBe(1500 + (2 * Duration), "the first is overdue, but those ahead are still to come");

        // Its body was in first.
        slots.CameBack(third, ReplyKind.Ok, 1150, waiting: 0).ShouldBeNull();
        third.BusySince(1150, lastEnd: 1100).ShouldBe(1100);
        third.BusySince(1150, lastEnd: 1150).ShouldBe(1150 - Duration);
        slots.Ahead.ShouldBe(1);
        slots.CameBack(first, ReplyKind.Ok, 1160, waiting: 0).ShouldBe(second);
        (second.IsAhead, slots.Ahead).ShouldBe((false, 0));
        slots.NextStart(1160).ShouldBe(1160 + Duration);
        slots.CameBack(second, ReplyKind.Ok, 1270, waiting: 0).ShouldBeNull();
        slots.IsFree.ShouldBeTrue();
    }

    [Theory]
    [InlineData(1, 0, true)]
    [InlineData(2, 0, false)]
    [InlineData(1, 50, false)]
    public void SmallerBatchesAreTried_OnlyWhereOneBatchFollowsTheOtherWithoutAPause(int concurrency, int pause, bool isCapped)
    {
        var slots = new ReplicaSlots(concurrency, mayGoAhead: false, limit: 1024, findsSize: true);
        var now = 0;
        for (var i = 0; i < SizeTrial.FirstUntil + 1 + SizeTrial.Turn; i++)
        {
            var rows = slots.MostRows;
            var batch = new Batch(new FormedBatch<PredictionItem>([], rows, now, now, 100, now + 100, Before: 0), now);
            slots.Left(batch);
            slots.CameBack(batch, ReplyKind.Ok, now += 100, waiting: 0);
            now += pause;
        }

        slots.MostRows.ShouldBe(isCapped ? 512 : 1024);
    }

    private static Batch NewBatch(long at, int before = 0) =>
        new(new FormedBatch<PredictionItem>([], 1, at, at, Duration, at + Duration, before), at);
}
