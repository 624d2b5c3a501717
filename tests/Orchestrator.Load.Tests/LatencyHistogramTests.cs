namespace Orchestrator.Load.Tests;

public sealed class LatencyHistogramTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(12)]
    [InlineData(3_000)]
    [InlineData(80_000_000)]
    public void Percentile_OfRandomLatencies_IsTheTrueOneOrUpToOnePercentAbove(int scale)
    {
        var random = new Random(7);
        var histogram = new LatencyHistogram();
        var ticks = Enumerable.Range(0, 20_000).Select(_ => (long)(-Math.Log(1 - random.NextDouble()) * scale * 10)).ToArray();
        foreach (var tick in ticks)
        {
            histogram.Record(TimeSpan.FromTicks(tick));
        }

        Array.Sort(ticks);
        foreach (var percent in new[] { 0, 1, 50, 90, 99, 99.9, 100 })
        {
            var exact = ticks[Math.Max(0, (int)Math.Ceiling(percent / 100 * ticks.Length) - 1)];
            histogram.Percentile(percent).Ticks.ShouldBeInRange(exact, (long)(exact * 1.01));
        }

        histogram.Count.ShouldBe(ticks.Length);
        histogram.Max.Ticks.ShouldBe(ticks[^1]);
        histogram.Mean.Ticks.ShouldBe(ticks.Sum() / ticks.Length);
    }

    [Fact]
    public void Percentile_OfNothing_IsZero()
    {
        new LatencyHistogram().P99.ShouldBe(TimeSpan.Zero);
        new LatencyHistogram().Mean.ShouldBe(TimeSpan.Zero);
    }

    [Fact]
    public void Record_OutsideOfTheRange_IsKeptAtItsEnd()
    {
        var histogram = new LatencyHistogram();
        histogram.Record(TimeSpan.FromTicks(-5));
        histogram.Record(TimeSpan.MaxValue);

        histogram.Count.ShouldBe(2);
        histogram.P50.ShouldBe(TimeSpan.Zero);
        histogram.Max.ShouldBeGreaterThan(TimeSpan.FromHours(30));
    }

    [Fact]
    public void Merge_TwoHistograms_IsAsIfOneHadRecordedAll()
    {
        var (first, second, both) = (new LatencyHistogram(), new LatencyHistogram(), new LatencyHistogram());
        for (var i = 1; i <= 1000; i++)
        {
            (i % 3 == 0 ? first : second).Record(TimeSpan.FromMicroseconds(i * i));
            both.Record(TimeSpan.FromMicroseconds(i * i));
        }

        first.Merge(second);

        first.Count.ShouldBe(1000);
        first.Max.ShouldBe(both.Max);
        first.Mean.ShouldBe(both.Mean);
        Enumerable.Range(0, 101).ShouldAllBe(percent => first.Percentile(percent) == both.Percentile(percent));
    }

    [Fact]
    public void Record_FromManyThreads_LosesNothing()
    {
        var histogram = new LatencyHistogram();
        Parallel.For(0, 10_000, i => histogram.Record(TimeSpan.FromTicks(i)));

        histogram.Count.ShouldBe(10_000);
        histogram.Max.Ticks.ShouldBe(9_999);
    }
}
