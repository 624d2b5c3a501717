using Orchestrator.Serving.Batching;
using Orchestrator.Serving.Profiling;
using Orchestrator.Serving.Queueing;

namespace Orchestrator.Serving.Tests.Queueing;

public sealed class BatchSchedulerTests
{
    private const int Waiting = 10;
    private static readonly BatchBounds Bounds = new(100, TimeSpan.FromSeconds(1), TimeSpan.Zero);

    [Theory]
    [InlineData(0, 8, 8, 8)]
    [InlineData(0, 8, 3, 3)]
    [InlineData(1, 8, 8, 8)]
    [InlineData(1, 8, 3, 3)]
    [InlineData(1, 20, 10, 0)]
    [InlineData(2, 8, 8, 8)]
    [InlineData(2, 8, 3, 0)]
    public void TryForm_ForABusyReplica_OnlyWhatGainsNothingByWaiting_BehindAnotherOnlyWhatIsFull(int before, int limit, int decided, int expected)
    {
        var scheduler = NewScheduler(BatchDecision.Send(decided));
        (scheduler.TryForm(Slot(before, limit), Bounds, out var batch) ? batch.Rows : 0).ShouldBe(expected);
        scheduler.Waiting.Count.ShouldBe(Waiting - expected);
    }

    [Theory]
    [InlineData(0, Waiting)]
    [InlineData(1, Waiting)]
    [InlineData(2, 0)]
    public void TryForm_BehindABatchThatWaits_GivesNobodyUp(int before, int givenUp)
    {
        var scheduler = NewScheduler(BatchDecision.GiveUp(1));
        scheduler.TryForm(Slot(before, 8), Bounds, out _).ShouldBeFalse();
        scheduler.GivenUp.Count.ShouldBe(givenUp);
    }

    private static BatchScheduler<Request> NewScheduler(BatchDecision decision)
    {
        var scheduler = new BatchScheduler<Request>(new Always(decision), new LatencyProfile(), new Timescale(TimeSpan.TicksPerSecond), 0) { Capacity = Waiting, MaxBytes = long.MaxValue, Replicas = 1 };
        for (var i = 0; i < Waiting; i++)
        {
            scheduler.Admit(new Request(), 0).ShouldBe(QueueAdmission.Accepted);
        }

        // So that none goes out just to have the profile measured again.
        scheduler.TryForm(DispatchSlot.Idle(1, 0), Bounds, out _);
        while (scheduler.Waiting.Count < Waiting && scheduler.Admit(new Request(), 0) == QueueAdmission.Accepted)
        {
        }

        scheduler.GivenUp.Clear();
        return scheduler;
    }

    private static DispatchSlot Slot(int before, int limit) => new(limit, 1, 1 + before, before);

    private sealed class Request : QueuedItem
    {
        public override (long Earliest, long Latest) Deadlines() => (TimeSpan.TicksPerSecond, TimeSpan.TicksPerSecond);
    }

    private sealed class Always(BatchDecision decision) : IBatchPolicy
    {
        public string Name => "always";

        public int InitialLimit(in BatchBounds bounds) => bounds.MaxRows;

        public int NextLimit(int limit, in BatchObservation observation, ILatencyEstimate profile, in BatchBounds bounds) => limit;

        public BatchVerdict Admit(in ArrivalView arrival, ILatencyEstimate profile, in BatchBounds bounds) => BatchVerdict.Accept;

        public BatchDecision Decide(in QueueView queue, int limit, IDeadlineOrder order, ILatencyEstimate profile, in BatchBounds bounds) => decision;
    }
}
