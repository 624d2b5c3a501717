using Orchestrator.Core.Serving;
using Orchestrator.Simulation.Latency;

namespace Orchestrator.Simulation.Tests.Latency;

public sealed class LatencyModelTests
{
    private static readonly MeasuredProfile Profile = new()
    {
        Schema = MeasuredProfile.SchemaV1, Model = "digits", Version = "1", Sizes = [new(1, 100, 1000, 1500), new(4, 100, 1900, 2000), new(16, 100, 4300, 4500)],
    };

    [Theory]
    [InlineData(1, 1000)]
    [InlineData(2, 1300)]
    [InlineData(4, 1900)]
    [InlineData(10, 3100)]
    [InlineData(16, 4300)]
    [InlineData(26, 6300)]
    public void Profiled_BetweenAndBeyondTheSizes_FollowsTheLines(int rows, double microseconds) =>
        new ProfiledLatency(Profile).Median(rows).ShouldBe(microseconds / 1e6, 1e-9);

    [Fact]
    public void Profiled_NoiseIsThatOfTheMeasuredPercentiles()
    {
        var model = new ProfiledLatency(Profile);
        var random = new SeededRandom(3);
        var sorted = Enumerable.Range(0, 100_000).Select(_ => model.Sample(1, random) * 1e6).Order().ToArray();
        sorted[50_000].ShouldBe(1000, 10);
        sorted[99_000].ShouldBe(1500, 30);
    }

    [Fact]
    public void BestRate_IsThatOfTheBestSizeWithinTheLimit()
    {
        var model = new LinearLatency(TimeSpan.FromMilliseconds(5), TimeSpan.FromMilliseconds(0.5), 0.1);
        model.BestRate(16, TimeSpan.FromMilliseconds(50)).ShouldBe(16 / 0.013, 0.001);
        model.BestRate(16, TimeSpan.FromMilliseconds(8)).ShouldBe(6 / 0.008, 0.001);
        model.BestRate(16, TimeSpan.FromMilliseconds(5)).ShouldBe(0);
    }
}
