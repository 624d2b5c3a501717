using System.Text.Json;
using Orchestrator.Cli.Measuring;
using Orchestrator.Load;
using Orchestrator.Load.Sweeping;

namespace Orchestrator.Cli.Tests.Measuring;

public sealed class BenchReportTests
{
    [Theory]
    [InlineData(SweepVerdict.Met, true, true, "met")]
    [InlineData(SweepVerdict.Missed, true, false, "missed")]
    [InlineData(SweepVerdict.NotOffered, true, false, "notOffered")]
    [InlineData(SweepVerdict.Missed, false, false, "noObjective")]
    public void Point_AsJson_SaysWhetherTheObjectiveIsMetAndWhyItIsNot(SweepVerdict verdict, bool hasSlo, bool met, string expected)
    {
        var json = Json(Point(verdict, hasSlo));
        json.GetProperty("met").GetBoolean().ShouldBe(met);
        json.GetProperty("verdict").GetString().ShouldBe(expected);
    }

    [Fact]
    public void Point_WithoutDefaults_LeavesTheirExplanationsOut()
    {
        Json(Point(SweepVerdict.Met, true)).TryGetProperty("defaultExplanations", out _).ShouldBeFalse();
        Json(Point(SweepVerdict.Met, true, ("too late", 3))).GetProperty("defaultExplanations").GetProperty("too late").GetInt64().ShouldBe(3);
    }

    private static BenchPoint Point(SweepVerdict verdict, bool hasSlo, params (string, long)[] explanations)
    {
        var result = new LoadResult
        {
            StartTimestamp = 0, Elapsed = TimeSpan.FromSeconds(1), Cancelled = false, Counts = AnswerCounts.Of((AnswerClass.Model, 5)), InTime = 5, DefaultExplanations = explanations,
            ModelLatency = new LatencyHistogram(), RefusalLatency = new LatencyHistogram(), Latency = new LatencyHistogram(), Series = [], Problems = [],
        };
        return BenchPoint.Of(new LoadPlan { Uri = new Uri("http://127.0.0.1/") }, new SweepPoint(10, result, verdict), new Measurement(1, 5, null, null), hasSlo);
    }

    private static JsonElement Json(BenchPoint point) =>
        JsonDocument.Parse(new BenchReport("u", 20, 99, [point], null).ToJson()).RootElement.GetProperty("points")[0];
}
