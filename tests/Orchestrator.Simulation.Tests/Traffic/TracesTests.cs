using Orchestrator.Simulation.Traffic;

namespace Orchestrator.Simulation.Tests.Traffic;

public sealed class TracesTests
{
    private const int Requests = 200_000;

    [Theory]
    [InlineData(Trace.Poisson, 1, 0.02)]
    [InlineData(Trace.Gamma, 4, 0.1)]
    public void Gaps_HaveTheRateAndTheVariation(Trace trace, double variation, double tolerance)
    {
        var gaps = Gaps(trace);
        var mean = gaps.Average();
        mean.ShouldBe(0.001, 0.001 * 5 * variation / Math.Sqrt(Requests));
        (Math.Sqrt(gaps.Average(g => (g - mean) * (g - mean))) / mean).ShouldBe(variation, variation * tolerance);
    }

    [Fact]
    public void Bursty_HasTheRateOnAverage_AndTwiceItWhileOn()
    {
        var gaps = Gaps(Trace.Bursty);
        gaps.Average().ShouldBe(0.001, 0.0002);
        gaps.Order().ElementAt(Requests / 2).ShouldBe(Math.Log(2) / 2000, 0.00002);
    }

    [Fact]
    public void Step_HalfTheRateThenTwice_EachForHalfTheTime()
    {
        var gaps = Gaps(Trace.Step);
        gaps.Take(Requests / 10).Average().ShouldBe(0.002, 0.0001);
        gaps.Skip(Requests / 2).Average().ShouldBe(0.0005, 0.00002);
        var half = gaps.Sum() / 2;
        var (sum, before) = (0.0, 0);
        while (sum + gaps[before] < half)
        {
            sum += gaps[before++];
        }

        before.ShouldBeInRange(Requests * 18 / 100, Requests * 22 / 100);
    }

    private static double[] Gaps(Trace trace)
    {
        var random = new SeededRandom(7);
        var traffic = Traces.Open(trace, 1000, Requests);
        var gaps = new double[Requests];
        var now = 0.0;
        for (var i = 0; i < Requests; i++)
        {
            gaps[i] = traffic.NextGap(now, random);
            now += gaps[i];
        }

        return gaps;
    }
}
