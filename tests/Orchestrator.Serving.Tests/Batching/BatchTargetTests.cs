using Orchestrator.Serving.Batching;

namespace Orchestrator.Serving.Tests.Batching;

public sealed class BatchTargetTests
{
    private static readonly BatchBounds Bounds = new(1024, TimeSpan.FromMilliseconds(100), TimeSpan.Zero);
    private static readonly LinearEstimate Profile = new(7, 1);

    [Fact]
    public void NoLoad_NoPressure_AsLargeAsFitsTheSlo() =>
        // 1.2 * (7 + n) + 1 <= 100
        BatchTarget.For(0, 1024, Profile, Bounds).ShouldBe(new BatchTarget(75, 0));

    [Theory]
    [InlineData(640, 0)] // 75 rows in 82 ms: 915 rows/s, 70 % of them without pressure
    [InlineData(777.4, 0.5)]
    [InlineData(915, 1)]
    [InlineData(3000, 1)]
    public void Load_RaisesThePressure(double arrivals, double expected) =>
        BatchTarget.For(arrivals, 1024, Profile, Bounds).Pressure.ShouldBe(expected, 0.001);

    [Fact]
    public void Limit_BoundsTheSize() => BatchTarget.For(0, 16, Profile, Bounds).Rows.ShouldBe(16);

    [Theory]
    [InlineData(0, 12)]
    [InlineData(1, 15.4)]
    [InlineData(0.5, 13.7)]
    public void Need_BetweenMedianAndHighQuantileWithSlack(double pressure, double expectedMs) =>
        new BatchTarget(8, pressure).Need(5, Profile).TotalMilliseconds.ShouldBe(expectedMs, 0.001);

    [Theory]
    [InlineData(0, 1)]
    [InlineData(12, 5)]
    [InlineData(12.9, 5)]
    [InlineData(1000, 64)]
    public void Fit_TheMostThatNeedNoMore(double slackMs, int expected) =>
        new BatchTarget(8, 0).Fit(TimeSpan.FromMilliseconds(slackMs), 64, Profile).ShouldBe(expected);
}
