using Orchestrator.Serving.Profiling;

namespace Orchestrator.Serving.Tests.Profiling;

public sealed class LatencyProfileTests
{
    private static readonly TimeSpan Ms = TimeSpan.FromMilliseconds(1);

    [Fact]
    public void Empty_EstimatesNothing_AndFitsEverything()
    {
        var profile = new LatencyProfile();
        profile.Estimate(5).ShouldBe(TimeSpan.Zero);
        profile.LargestRowsWithin(Ms, 32).ShouldBe(32);
    }

    [Fact]
    public void Estimate_IsAHighQuantile_NotTheMean()
    {
        var profile = new LatencyProfile();
        for (var i = 0; i < 64; i++)
        {
            profile.Record(1, (i % 10 == 0 ? 20 : 1) * Ms);
        }

        profile.Estimate(1).ShouldBe(20 * Ms);
    }

    [Fact]
    public void Estimate_NeverFallsWithSize()
    {
        var profile = new LatencyProfile();
        profile.Record(1, 5 * Ms);
        profile.Record(8, 3 * Ms);
        profile.Estimate(8).ShouldBeGreaterThanOrEqualTo(profile.Estimate(1));
    }

    [Fact]
    public void Estimate_BetweenAndBeyondBuckets_FollowsTheLine()
    {
        var profile = new LatencyProfile();
        profile.Record(1, 2 * Ms);
        profile.Record(16, 17 * Ms);
        profile.Estimate(8).TotalMilliseconds.ShouldBe(9, 0.1);
        profile.Estimate(32).TotalMilliseconds.ShouldBe(33, 0.1);
        profile.LargestRowsWithin(9.05 * Ms, 64).ShouldBe(8);
    }

    [Fact]
    public void OldSamples_AreForgotten()
    {
        var profile = new LatencyProfile();
        for (var i = 0; i < LatencyProfile.SamplesPerBucket; i++)
        {
            profile.Record(1, 50 * Ms);
        }

        for (var i = 0; i < LatencyProfile.SamplesPerBucket; i++)
        {
            profile.Record(1, Ms);
        }

        profile.Estimate(1).ShouldBe(Ms);
        profile.Describe().Single().Samples.ShouldBe(LatencyProfile.SamplesPerBucket);
    }

    [Theory]
    [InlineData(5, 15)]
    [InlineData(15, 5)]
    public void NewRegime_OldSamplesAreForgotten_AndSlackIsDoubledForAWhile(double before, double after)
    {
        var profile = new LatencyProfile();
        for (var i = 0; i < 64; i++)
        {
            profile.Record(4, (before + (i % 2 * 0.1)) * Ms);
        }

        for (var i = 0; i < RegimeWatch.Several; i++)
        {
            profile.Record(4, after * Ms);
        }

        profile.Typical(4).ShouldBe(after * Ms);
        profile.Estimate(4).ShouldBe(after * Ms);
        profile.Slack.ShouldBe(2 * LatencyProfile.UsualSlack);
        for (var i = 0; i < 64; i++)
        {
            profile.Record(4, (after + (i % 2 * 0.1)) * Ms);
        }

        profile.Slack.ShouldBe(LatencyProfile.UsualSlack);
    }

    [Fact]
    public void SizeMeasuredOnce_DoesNotShiftOneMeasuredOften()
    {
        var profile = new LatencyProfile();
        profile.Record(1, 50 * Ms);
        for (var i = 0; i < 64; i++)
        {
            profile.Record(4, 10 * Ms);
        }

        profile.Estimate(4).ShouldBeLessThan(11 * Ms);
        profile.Estimate(1).ShouldBeLessThanOrEqualTo(profile.Estimate(4));
    }

    [Fact]
    public void LargerSizes_SlowInTheirOnlyBatch_AreTriedAgain()
    {
        var profile = new LatencyProfile();
        foreach (var rows in new[] { 2, 4, 8, 16 })
        {
            profile.Record(rows, 100 * Ms);
        }

        for (var i = 0; i < 64; i++)
        {
            profile.Record(1, 6 * Ms);
        }

        // Two rows take no longer than two batches of one.
        profile.Estimate(2).ShouldBe(12 * Ms);
        profile.LargestRowsWithin(49 * Ms, 16).ShouldBe(8);
    }

    [Fact]
    public void LargerSizes_SlowLongAgo_AreTriedAgain_ButNotWhileTheyAreKnownToBeSlow()
    {
        var profile = new LatencyProfile();
        for (var i = 0; i < 32; i++)
        {
            profile.Record(1, 6 * Ms);
            profile.Record(2, 100 * Ms);
        }

        profile.Estimate(2).ShouldBe(100 * Ms);
        for (var i = 0; i < 300; i++)
        {
            profile.Record(1, 6 * Ms);
        }

        profile.Estimate(2).ShouldBe(12 * Ms);
    }

    [Fact]
    public void FewSamples_OneColdStart_DoesNotCountForAll()
    {
        var profile = new LatencyProfile();
        foreach (var took in new[] { 100, 6, 6, 6 })
        {
            profile.Record(1, took * Ms);
        }

        profile.Estimate(1).ShouldBe(6 * Ms);
        profile.Record(1, 100 * Ms);
        profile.Estimate(1).ShouldBe(100 * Ms);
    }

    [Fact]
    public void SmallSizes_SlowInTheirColdStart_DoNotSpoilALargerOneThatIsWarm()
    {
        var profile = new LatencyProfile();
        foreach (var rows in new[] { 1, 2, 4, 8, 16 })
        {
            profile.Record(rows, 20 * Ms);
        }

        for (var i = 0; i < LatencyProfile.SamplesPerBucket; i++)
        {
            profile.Record(256, Ms);
        }

        profile.Typical(256).ShouldBe(Ms);
        profile.Typical(8).ShouldBe(Ms, "fewer rows take no longer");
    }
}
