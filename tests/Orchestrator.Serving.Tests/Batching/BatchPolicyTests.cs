using Orchestrator.Serving.Batching;
using Orchestrator.Serving.Profiling;

namespace Orchestrator.Serving.Tests.Batching;

public sealed class BatchPolicyTests
{
    private static readonly TimeSpan Ms = TimeSpan.FromMilliseconds(1);
    private static readonly BatchBounds Bounds = new(64, 20 * Ms, TimeSpan.Zero);

    [Theory]
    [InlineData(10, 10, 8.9, 12)]
    [InlineData(10, 9, 1, 10)]
    [InlineData(10, 10, 9.0, 10)]
    [InlineData(10, 10, 9.99, 10)]
    [InlineData(10, 10, 10, 9)]
    [InlineData(1, 1, 50, 1)]
    [InlineData(63, 63, 1, 64)]
    [InlineData(40, 10, 12, 9)]
    public void Aimd_AfterABatch_FollowsClippersConstants(int limit, int rows, double milliseconds, int expected) =>
        BatchPolicies.Get("aimd").NextLimit(limit, new BatchObservation(rows, milliseconds * Ms), new LatencyProfile(), Bounds).ShouldBe(expected);

    [Fact]
    public void Aimd_AgainstALinearModel_SettlesJustUnderTheBudget()
    {
        var policy = BatchPolicies.Get("aimd");
        var limit = policy.InitialLimit(Bounds);
        var visited = new List<int>();
        for (var i = 0; i < 400; i++)
        {
            limit = policy.NextLimit(limit, new BatchObservation(limit, (1 + (0.5 * limit)) * Ms), new LatencyProfile(), Bounds);
            visited.Add(limit);
        }

        visited.TakeLast(100).ShouldAllBe(l => l >= 14 && l <= 18);
    }

    [Fact]
    public void Quantile_AgainstALinearModel_TakesTheLargestThatFits()
    {
        var policy = BatchPolicies.Get("quantile");
        var profile = new LatencyProfile();
        var limit = policy.InitialLimit(Bounds);
        for (var i = 0; i < 200; i++)
        {
            var observation = new BatchObservation(limit, (1 + (0.5 * limit)) * Ms);
            profile.Record(observation.Rows, observation.Duration);
            limit = policy.NextLimit(limit, observation, profile, Bounds);
        }

        limit.ShouldBeInRange(16, 19);
    }

    [Fact]
    public void Fixed_AlwaysTheMaximum_AndWaitsNoLongerThanTheDelay()
    {
        var policy = BatchPolicies.Get("fixed");
        var bounds = Bounds with { Delay = 2 * Ms };
        policy.InitialLimit(bounds).ShouldBe(64);
        policy.NextLimit(64, new BatchObservation(64, 100 * Ms), new LatencyProfile(), bounds).ShouldBe(64);
        policy.Decide(View(10, waited: 0.5 * Ms), 64, null!, new LatencyProfile(), bounds).ShouldBe(BatchDecision.HoldFor(1.5 * Ms));
        policy.Decide(View(10, waited: 2 * Ms), 64, null!, new LatencyProfile(), bounds).ShouldBe(BatchDecision.Send(10));
        policy.Decide(View(64, waited: TimeSpan.Zero), 64, null!, new LatencyProfile(), bounds).ShouldBe(BatchDecision.Send(64));
    }

    private static QueueView View(int rows, TimeSpan waited) => new(rows, 1, rows == 1, 20 * Ms, 20 * Ms, waited, TimeSpan.Zero, 0, 0, 0, TimeSpan.Zero, false, 1);

    [Fact]
    public void Get_UnknownName_SaysWhichAreKnown() =>
        Should.Throw<ArgumentException>(() => BatchPolicies.Get("adaptive")).Message.ShouldContain("aimd");
}
