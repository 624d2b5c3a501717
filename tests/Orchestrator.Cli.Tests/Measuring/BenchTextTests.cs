using Orchestrator.Cli.Measuring;
using Orchestrator.Load;
using Orchestrator.Load.Sweeping;

namespace Orchestrator.Cli.Tests.Measuring;

public sealed class BenchTextTests
{
    private static readonly SloTarget Target = new(TimeSpan.FromMilliseconds(20), 99);
    private static readonly Measurement Off = new(256, 100, null, new CacheUse(0, 0, 100));

    [Theory]
    [InlineData(100, 100, "800/s: 100 requests were due but not sent although connections were free: the load generator fell behind its own schedule, which says nothing about the orchestrator (processors with less else to do may help)",
        "; the load generator could not offer more, the orchestrator may do more")]
    [InlineData(0, 0, "800/s: requests were sent too late although connections were free: the load generator fell behind its own schedule, which says nothing about the orchestrator (processors with less else to do may help)",
        "; the load generator could not offer more, the orchestrator may do more")]
    [InlineData(100, 0, "800/s: 100 requests were due but not sent, for all 256 connections were waiting for answers: the server's rate is reached, or more connections are needed (-c)", "")]
    public void Remarks_OfUnsentRequests_SayWhoseFaultTheyAre(int unsentOnes, int whileIdle, string unsent, string bound)
    {
        var late = Result(inTime: 0, inTimeLessOwnDelay: 95, whileIdle, (AnswerClass.Model, 95), (AnswerClass.Unsent, unsentOnes));
        var fine = Result(100, 100, 0, (AnswerClass.Model, 100));
        SweepPoint[] points = [new(null, fine, Target.Judge(fine)), new(400, fine, Target.Judge(fine)), new(800, late, Target.Judge(late))];

        new BenchText(points, [Off, Off, Off], Target).Remarks().ShouldBe(
        [
            "the prediction cache was not asked: no answer came from it",
            unsent,
            "highest rate with 99 % of the requests answered by the model within 20 ms: 400/s" + bound,
        ]);
    }

    [Fact]
    public void Remarks_OfASweep_SumTheCacheUpAndTellDefaultsRateByRate()
    {
        var result = Result(60, 60, 0, (AnswerClass.Model, 60), (AnswerClass.Default, 40));
        result = new LoadResult
        {
            StartTimestamp = 0, Elapsed = result.Elapsed, Cancelled = false, Counts = result.Counts, InTime = 60, ModelLatency = result.ModelLatency, RefusalLatency = result.RefusalLatency,
            Latency = result.Latency, Series = [], Problems = [], DefaultExplanations = [("too late", 30), ("queue is full", 10)],
        };
        SweepPoint[] points = [new(null, result, SweepVerdict.Missed), new(400, result, SweepVerdict.Missed)];

        new BenchText(points, [new(16, 100, null, new CacheUse(100, 10, 100)), new(256, 300, null, new CacheUse(300, 50, 300))], Target).Remarks().ShouldBe(
        [
            "from the prediction cache: 15% (60 of 400 look-ups, warm-up included)",
            "closed loop: default 30: too late",
            "closed loop: default 10: queue is full",
            "400/s: default 30: too late",
            "400/s: default 10: queue is full",
            "no rate was found with 99 % of the requests answered by the model within 20 ms",
        ]);
    }

    [Theory]
    [InlineData(10L, true)]
    [InlineData(100L, false)]
    [InlineData(null, false)]
    public void Remarks_OfASignatureWithFewInputs_SayThatTheyWereRepeated(long? made, bool repeated)
    {
        var fine = Result(100, 100, 0, (AnswerClass.Model, 100));
        new BenchText([new SweepPoint(null, fine, SweepVerdict.Met)], [Off], Target) { MadeInputs = made }.Remarks()
            .Contains("only 10 different inputs could be made up for this signature, so 100 requests repeated them, which a cache answers; the model's cache: enabled: false measures the model").ShouldBe(repeated);
    }

    [Theory]
    [InlineData(95, 95, "from the prediction cache: 50% (100 of 200 look-ups, warm-up included); this measured mostly the cache, not the model")]
    [InlineData(40, 100, "from the prediction cache: 50% (100 of 200 look-ups, warm-up included; the metrics of this admin address count 140 of 200 requests); this measured mostly the cache, not the model")]
    [InlineData(100, null, "from the prediction cache: 50% (50 of 100 look-ups, warm-up included; not known of 1 of 2 measurements); this measured mostly the cache, not the model")]
    [InlineData(null, null, "how many answers came from the prediction cache is not known: the metrics of this admin address do not count these requests, or those of other clients as well")]
    public void Remarks_OfTheCache_SayOfHowManyRequestsTheyAre(int? first, int? second, string expected)
    {
        var point = new SweepPoint(null, Result(100, 100, 0, (AnswerClass.Model, 100)), SweepVerdict.Met);
        Measurement Of(int? seen) => new(16, 100, null, seen is { } predictions ? new CacheUse(100, 50, predictions) : null);
        new BenchText([point, point], [Of(first), Of(second)], null).Remarks().ShouldBe([expected]);
    }

    [Fact]
    public void Clock_OfMetrics_TakesWhatTheModelDidNotAnswerOfItsModelsOnly()
    {
        var clock = ServerClock.Parse(
            """
            orchestrator_cache_requests_total{model="a",version="1",result="hit"} 1
            orchestrator_cache_requests_total{model="a",version="1",result="stale"} 2
            orchestrator_cache_requests_total{model="b",version="1",result="joined"} 4
            orchestrator_cache_requests_total{model="b",version="1",result="miss"} 100
            orchestrator_cache_requests_total{model="c",version="1",result="hit"} 1000
            orchestrator_store_reads_total{model="a",version="1",result="hit"} 8
            orchestrator_store_reads_total{model="a",version="1",result="miss"} 50
            orchestrator_queue_duration_seconds_count{model="a",version="1"} 92
            orchestrator_prediction_duration_seconds_count{application="x",model="a",version="1",outcome="ok"} 90
            orchestrator_prediction_duration_seconds_count{application="x",model="b",version="1",outcome="rejected"} 10
            orchestrator_prediction_duration_seconds_count{application="x",model="c",version="1",outcome="ok"} 1000
            """,
            ["a", "b"]);

        (clock.LookUps, clock.FromCache, clock.QueueCount, clock.Predictions).ShouldBe((107, 15, 92, 100));
        clock.CacheSince(default, 100).ShouldBe(new CacheUse(107, 15, 100));
        clock.CacheSince(default, 91).ShouldBe(new CacheUse(107, 15, 100));
        clock.CacheSince(default, 90).ShouldBeNull();
        default(ServerClock).CacheSince(clock, 100).ShouldBeNull();
        default(ServerClock).CacheSince(default, 100).ShouldBeNull();
        (default(ServerClock) with { Predictions = 5 }).CacheSince(default, 100).ShouldBe(new CacheUse(0, 0, 5));
    }

    private static LoadResult Result(int inTime, int inTimeLessOwnDelay, int whileIdle, params ReadOnlySpan<(AnswerClass, long)> counts) => new()
    {
        StartTimestamp = 0, Elapsed = TimeSpan.FromSeconds(1), Cancelled = false, Counts = AnswerCounts.Of(counts), InTime = inTime, InTimeLessOwnDelay = inTimeLessOwnDelay, UnsentWhileIdle = whileIdle,
        ModelLatency = new LatencyHistogram(), RefusalLatency = new LatencyHistogram(), Latency = new LatencyHistogram(), Series = [], Problems = [],
    };
}
