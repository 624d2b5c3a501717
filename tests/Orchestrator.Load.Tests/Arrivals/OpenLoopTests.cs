using Orchestrator.Load.Arrivals;
using Orchestrator.Load.Sweeping;

namespace Orchestrator.Load.Tests.Arrivals;

public sealed class OpenLoopTests
{
    [Fact]
    public void Schedule_ManyArrivals_AreAPoissonProcessOfTheRate()
    {
        var schedule = new ArrivalSchedule(rate: 1000, seed: 3);
        var times = Enumerable.Range(0, 100_000).Select(_ => schedule.Next().TotalSeconds).ToArray();
        var gaps = times.Zip(times.Skip(1), (a, b) => b - a).ToArray();

        // Mean 1 ms, and as an exponential has it: standard deviation equal to the mean, 63.2 % of the gaps below it.
        (times[^1] / times.Length).ShouldBe(0.001, 0.00002);
        Math.Sqrt(gaps.Average(gap => (gap - 0.001) * (gap - 0.001))).ShouldBe(0.001, 0.00003);
        gaps.Count(gap => gap < 0.001).ShouldBeInRange(62_212, 64_212);
    }

    [Fact]
    public void Schedule_Constant_HasEqualGaps()
    {
        var schedule = new ArrivalSchedule(rate: 100, seed: 3, ArrivalPattern.Constant);
        Enumerable.Range(1, 5).Select(_ => schedule.Next().TotalMilliseconds).ShouldBe([10, 20, 30, 40, 50], 0.01);
    }

    [Fact]
    public void Schedule_SameSeed_IsTheSame()
    {
        var (one, two, other) = (new ArrivalSchedule(10, 1), new ArrivalSchedule(10, 1), new ArrivalSchedule(10, 2));

        one.Next().ShouldBe(two.Next());
        one.Next().ShouldNotBe(other.Next());
    }

    [Fact]
    public async Task Run_OpenLoop_SendsWhatIsDueHoweverFastTheServerIs()
    {
        await using var server = new RawServer((_, _) => Reply.Ok("{}"));
        var plan = new LoadPlan { Uri = server.Uri, Rate = 2000, Duration = TimeSpan.FromMilliseconds(300), Connections = 4, Seed = 5 };
        var schedule = new ArrivalSchedule(2000, 5);
        var expected = 0;
        while (schedule.Next() < plan.Duration)
        {
            expected++;
        }

        var result = await LoadRunner.RunAsync(plan, stop: CancellationToken.None);

        result.Counts.Total.ShouldBe(expected, result.ToString());
        result.Counts.ConnectionErrors.ShouldBe(0);
    }

    [Fact]
    public async Task Run_ServerThatStalls_CountsTheWaitOfEveryRequestThatWasDueMeanwhile()
    {
        var time = new ManualTime();
        await using var server = new RawServer((number, _) =>
        {
            time.Advance(TimeSpan.FromSeconds(number == 0 ? 1 : 0));
            return Reply.Ok("{}");
        });
        var plan = new LoadPlan { Uri = server.Uri, Rate = 1000, Requests = 50, Duration = TimeSpan.FromSeconds(30), Slo = TimeSpan.FromMilliseconds(500) };

        var running = LoadRunner.RunAsync(plan, time: time, stop: CancellationToken.None);
        time.Advance(TimeSpan.FromSeconds(1));
        var result = await running;

        // All 50 were due in the first 0.1 s or so and were answered at 2 s: a generator that counts from the sending would see one slow request and 49 of 0 ms.
        result.Counts.Model.ShouldBe(50, result.ToString());
        result.Latency.Percentile(0).ShouldBeInRange(TimeSpan.FromSeconds(1.8), TimeSpan.FromSeconds(2));
        (result.InTime, result.InTimeLessOwnDelay, result.UnsentWhileIdle).ShouldBe((0, 0, 0));
        result.Latency.Max.ShouldBe(TimeSpan.FromSeconds(2) - new ArrivalSchedule(1000, plan.Seed).Next(), TimeSpan.FromTicks(2));
    }

    [Fact]
    public async Task Run_AllConnectionsWaitingForAnswers_IsTheServersFaultThoughEachAnswerIsInTimeOnceSent()
    {
        var time = new ManualTime();
        await using var server = new RawServer((number, _) =>
        {
            time.Advance(TimeSpan.FromMilliseconds(number == 0 ? 160 : 60));
            return Reply.Ok("{}");
        });
        var plan = new LoadPlan
        {
            Uri = server.Uri, Rate = 500, Arrivals = ArrivalPattern.Constant, Duration = TimeSpan.FromMilliseconds(200), WarmUp = TimeSpan.FromMilliseconds(150), Slo = TimeSpan.FromMilliseconds(70),
        };

        var running = LoadRunner.RunAsync(plan, time: time, stop: CancellationToken.None);
        time.Advance(TimeSpan.FromMilliseconds(2));
        var result = await running;

        // Sent at 2, 162, 222 and 282 ms: due before 10 ms all of them, so that nothing due after the warm-up is sent.
        (result.Counts.Model, result.Counts[AnswerClass.Unsent], result.UnsentWhileIdle).ShouldBe((0, result.Counts.Total, 0), result.ToString());
        new SloTarget(plan.Slo.Value, 99).Judge(result).ShouldBe(SweepVerdict.Missed);
    }

    // Due at 100 ms, and then nothing happens until 150 ms, or until the load is over: the one connection was free all the time.
    [Theory]
    [InlineData(150, 1, 0)]
    [InlineData(600, 0, 1)]
    public async Task Run_GeneratorBehindWithAFreeConnection_IsNotTheServersFault(int until, int sent, int unsent)
    {
        var time = new ManualTime();
        await using var server = new RawServer((_, _) => Reply.Ok("{}"));
        var plan = new LoadPlan
        {
            Uri = server.Uri, Rate = 10, Arrivals = ArrivalPattern.Constant, Requests = 1, Duration = TimeSpan.FromMilliseconds(200), Slo = TimeSpan.FromMilliseconds(20),
        };

        var running = LoadRunner.RunAsync(plan, time: time, stop: CancellationToken.None);
        time.Advance(TimeSpan.FromMilliseconds(until));
        var result = await running;

        (result.Counts.Model, result.InTime, result.InTimeLessOwnDelay, result.UnsentWhileIdle).ShouldBe((sent, 0, sent, unsent), result.ToString());
        new SloTarget(plan.Slo.Value, 99).Judge(result).ShouldBe(SweepVerdict.NotOffered);
    }

    [Fact]
    public async Task Run_MoreThanTheServerCanAnswer_CountsWhatCouldNotBeSentWithItsWait()
    {
        var time = new ManualTime();
        await using var server = new RawServer((_, _) =>
        {
            time.Advance(TimeSpan.FromSeconds(1));
            return Reply.Ok("{}");
        });
        var plan = new LoadPlan { Uri = server.Uri, Rate = 500, Duration = TimeSpan.FromMilliseconds(200) };

        var running = LoadRunner.RunAsync(plan, time: time, stop: CancellationToken.None);
        time.Advance(TimeSpan.FromMilliseconds(150));
        var result = await running;

        result.Counts.Model.ShouldBe(1, result.ToString());
        result.Counts[AnswerClass.Unsent].ShouldBeGreaterThan(50);
        result.Latency.Count.ShouldBe(result.Counts.Total);
        result.Latency.Percentile(0).ShouldBeGreaterThan(TimeSpan.FromSeconds(0.9));
    }
}
