using Orchestrator.Control.Replicas;

namespace Orchestrator.Control.Tests.Replicas;

public sealed class RestartHistoryTests
{
    private static readonly ControlOptions Options = new();
    private static readonly TimeSpan Now = TimeSpan.FromMinutes(7);

    [Theory]
    [InlineData(0, 0)]
    [InlineData(1, 0)]
    [InlineData(2, 1)]
    [InlineData(3, 2)]
    [InlineData(4, 4)]
    [InlineData(7, 32)]
    [InlineData(8, 60)]
    [InlineData(1000, 60)]
    public void NextAttempt_AfterFailures_FollowsTheSchedule(int failures, int seconds) =>
        (new RestartHistory(failures, Now, 0).NextAttempt(Now, Options) - Now).ShouldBe(TimeSpan.FromSeconds(seconds));

    [Fact]
    public void NextAttempt_WaitIsOver_IsNow() =>
        new RestartHistory(2, Now - TimeSpan.FromSeconds(5), 0).NextAttempt(Now, Options).ShouldBe(Now);

    [Fact]
    public void AfterFailure_LongReady_BeginsAgain() =>
        new RestartHistory(5, TimeSpan.Zero, 5).AfterFailure(Now, Options.CrashLoopReset, Options).Failures.ShouldBe(1);

    [Fact]
    public void AfterFailure_ShortReady_CountsOn() =>
        new RestartHistory(5, TimeSpan.Zero, 5).AfterFailure(Now, Options.CrashLoopReset - TimeSpan.FromTicks(1), Options).Failures.ShouldBe(6);
}
