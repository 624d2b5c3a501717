using Orchestrator.Load.Sweeping;

namespace Orchestrator.Load.Tests.Sweeping;

public sealed class RateSweepTests
{
    private static readonly SloTarget Target = new(TimeSpan.FromMilliseconds(20), 99);

    [Theory]
    [InlineData(100, 99, 0, true)]
    [InlineData(100, 98, 0, false)]
    [InlineData(99, 99, 1, true)]
    [InlineData(99, 99, 2, false)]
    [InlineData(0, 0, 0, false)]
    public void Target_CountsEveryRequestThatHasNoAnswerInTime(int answers, int inTime, int refused, bool met) =>
        Target.IsMetBy(Results.Of(answers, inTime, refused)).ShouldBe(met);

    [Theory]
    [InlineData(1000, 999, 0, 0, 999, SweepVerdict.Met)]
    [InlineData(1000, 995, 5, 0, 1000, SweepVerdict.Met)]
    [InlineData(1000, 900, 200, 200, 995, SweepVerdict.NotOffered)]
    [InlineData(1000, 900, 0, 0, 995, SweepVerdict.NotOffered)]
    [InlineData(1000, 900, 200, 0, 1000, SweepVerdict.Missed)]
    [InlineData(1000, 900, 200, 150, 1000, SweepVerdict.Missed)]
    [InlineData(1000, 100, 200, 200, 400, SweepVerdict.Missed)]
    [InlineData(0, 0, 200, 0, 0, SweepVerdict.Missed)]
    [InlineData(0, 0, 200, 200, 0, SweepVerdict.NotOffered)]
    [InlineData(0, 0, 0, 0, 0, SweepVerdict.Missed)]
    public void Target_WhatTheGeneratorWasLateWith_IsNotTheServersFault(int answers, int inTime, int unsent, int whileIdle, int inTimeLessOwnDelay, SweepVerdict verdict) =>
        Target.Judge(Results.Of(answers, inTime, unsent: unsent, inTimeLessOwnDelay: inTimeLessOwnDelay, unsentWhileIdle: whileIdle)).ShouldBe(verdict);

    // Answered as fast as ever, but of more than 700/s some could not be sent.
    [Theory]
    [InlineData(700, true)]
    [InlineData(10_000, false)]
    public async Task Sweep_AGeneratorWithALimit_IsToldFromAServerWithOne(double generator, bool bound)
    {
        var points = await RateSweep.RunAsync(
            Target,
            20,
            rate => Task.FromResult(rate > generator ? Results.Of(1000, 0, unsent: 100, inTimeLessOwnDelay: 1000, unsentWhileIdle: 100) : Results.Of(1000, rate > 1200 ? 0 : 1000)),
            CancellationToken.None);

        var highest = RateSweep.Highest(points).ShouldNotBeNull();
        highest.ShouldBeInRange(Math.Min(generator, 1200) / RateSearch.CloseEnough, Math.Min(generator, 1200));
        RateSweep.IsBoundByGenerator(points, highest).ShouldBe(bound);
        points.ShouldNotContain(p => p.Verdict == (bound ? SweepVerdict.Missed : SweepVerdict.NotOffered));
    }

    // The server can do `limit` requests a second in time; its closed loop reached 1000.
    [Theory]
    [InlineData(1000)]
    [InlineData(700)]
    [InlineData(260)]
    [InlineData(1900)]
    [InlineData(60)]
    public async Task Sweep_AServerWithALimit_FindsItWithinFivePercent(double limit)
    {
        var points = await RateSweep.RunAsync(Target, 20, rate => Task.FromResult(Results.Of(1000, rate is null or > 0 && (rate ?? 0) <= limit ? 1000 : 0)), CancellationToken.None);

        points[0].Rate.ShouldBeNull();
        points.Skip(1).Select(p => p.Rate).Take(4).ShouldBe([250, 500, 750, 1000]);
        RateSweep.Highest(points).ShouldNotBeNull().ShouldBeInRange(limit / RateSearch.CloseEnough, limit);
        points.Count.ShouldBeLessThan(16);
    }

    [Fact]
    public async Task Sweep_AServerThatNeverMeetsIt_EndsAfterTheRunsItMayMake()
    {
        var points = await RateSweep.RunAsync(Target, 6, _ => Task.FromResult(Results.Of(1000, 0)), CancellationToken.None);
        points.Count.ShouldBe(7);
        RateSweep.Highest(points).ShouldBeNull();
        points[^1].Rate.ShouldNotBeNull().ShouldBeLessThan(250);
    }

    [Fact]
    public async Task Sweep_AServerWithoutAnAnswer_TriesNoRate() =>
        (await RateSweep.RunAsync(Target, 6, _ => Task.FromResult(Results.Of(0, 0, refused: 50)), CancellationToken.None)).ShouldHaveSingleItem();

    [Fact]
    public async Task Sweep_Cancelled_EndsWithWhatItHas()
    {
        using var stop = new CancellationTokenSource();
        var points = await RateSweep.RunAsync(
            Target,
            6,
            rate =>
            {
                if (rate > 400)
                {
                    stop.Cancel();
                }

                return Task.FromResult(Results.Of(1000, 1000));
            },
            stop.Token);
        points.Select(p => p.Rate).ShouldBe([null, 250, 500]);
    }
}
