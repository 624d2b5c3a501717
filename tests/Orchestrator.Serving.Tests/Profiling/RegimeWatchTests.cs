using Orchestrator.Serving.Profiling;

namespace Orchestrator.Serving.Tests.Profiling;

public sealed class RegimeWatchTests
{
    private readonly RegimeWatch _watch = new();

    [Fact]
    public void Noise_IsNoChange()
    {
        var random = new Random(1);
        Enumerable.Range(0, 5000).Count(_ => _watch.Observe(0.2 * (random.NextDouble() + random.NextDouble() - 1))).ShouldBe(0);
    }

    [Theory]
    [InlineData(0.7)]
    [InlineData(-0.7)]
    public void SeveralSurprisesInARow_AreAChange_OnceAndThenUnsettled(double error)
    {
        Settle();
        for (var i = 1; i < RegimeWatch.Several; i++)
        {
            _watch.Observe(error).ShouldBeFalse();
        }

        _watch.Observe(error).ShouldBeTrue();
        _watch.IsUnsettled.ShouldBeTrue();
        Settle();
        _watch.IsUnsettled.ShouldBeFalse();
    }

    [Fact]
    public void SurprisesToBothSides_AreNone()
    {
        Settle();
        Enumerable.Range(0, 20).Any(i => _watch.Observe(i % 2 == 0 ? 0.7 : -0.7)).ShouldBeFalse();
    }

    [Fact]
    public void FirstMeasurements_SurpriseNobody() => Enumerable.Range(0, RegimeWatch.Several).Any(_ => _watch.Observe(5)).ShouldBeFalse();

    private void Settle()
    {
        for (var i = 0; i < 64; i++)
        {
            _watch.Observe(i % 2 == 0 ? 0.02 : -0.02);
        }
    }
}
