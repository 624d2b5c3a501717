using Orchestrator.Serving.Queueing;

namespace Orchestrator.Serving.Tests.Queueing;

/// <summary>A timestamp is a microsecond here.</summary>
public sealed class ArrivalEstimateTests
{
    private const long Ms = 1000;
    private readonly ArrivalEstimate _estimate = new(new Timescale(1_000_000), 0);

    [Fact]
    public void Rate_SteadyArrivals_IsTheirs()
    {
        for (var i = 1; i <= 1000; i++)
        {
            _estimate.Arrived(1, 1, i * Ms);
        }

        _estimate.Rate(1000 * Ms).ShouldBe(1000, 10);
    }

    [Fact]
    public void Rate_NothingMoreComes_IsForgotten()
    {
        _estimate.Arrived(1000, 1000, 0);
        _estimate.Rate(1000 * Ms).ShouldBeLessThan(1);
    }

    [Fact]
    public void Missing_AllCallersUnderWay_NoneIs()
    {
        _estimate.Arrived(1, 64, 0);
        _estimate.Missing(64, 1 * Ms).ShouldBe(0);
        _estimate.Missing(4, 1 * Ms).ShouldBe(60);
    }

    [Fact]
    public void Echo_CallersThatAskAgainAtOnce_AreExpectedAgain()
    {
        long now = 0;
        for (var round = 0; round < 40; round++)
        {
            _estimate.Answered(8, now);
            for (var i = 0; i < 8; i++)
            {
                _estimate.Arrived(1, 8, now + 100 + i);
            }

            now += 10 * Ms;
        }

        _estimate.Answered(8, now);
        _estimate.Echo(now).ShouldBeInRange(6, 8);
        _estimate.Arrived(1, 8, now + 100);
        _estimate.Echo(now + 100).ShouldBeInRange(5, 7);
        _estimate.Echo(now + (2 * Ms)).ShouldBe(0);
    }

    [Fact]
    public void Echo_OpenLoop_NobodyIsExpected()
    {
        long now = 0;
        for (var i = 1; i <= 2000; i++)
        {
            now += Ms;
            _estimate.Arrived(1, 8, now);
            if (i % 10 == 0)
            {
                _estimate.Answered(10, now);
            }
        }

        _estimate.Answered(10, now + Ms);
        _estimate.Echo(now + Ms).ShouldBeLessThan(1);
    }
}
