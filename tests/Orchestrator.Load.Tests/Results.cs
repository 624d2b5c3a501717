namespace Orchestrator.Load.Tests;

/// <summary>Results made up for tests: a number of model answers of one latency, of which so many were in time, and refusals.</summary>
internal static class Results
{
    public static LoadResult Of(int answers, int inTime, int refused = 0, double milliseconds = 5, int unsent = 0, int? inTimeLessOwnDelay = null, int unsentWhileIdle = 0)
    {
        var latency = new LatencyHistogram();
        for (var i = 0; i < answers; i++)
        {
            latency.Record(TimeSpan.FromMilliseconds(milliseconds));
        }

        return new LoadResult
        {
            StartTimestamp = 0, Elapsed = TimeSpan.FromSeconds(1), Cancelled = false, Counts = AnswerCounts.Of((AnswerClass.Model, answers), (AnswerClass.TooManyRequests, refused), (AnswerClass.Unsent, unsent)), InTime = inTime, InTimeLessOwnDelay = inTimeLessOwnDelay ?? inTime, UnsentWhileIdle = unsentWhileIdle, ModelLatency = latency, Latency = latency, RefusalLatency = new LatencyHistogram(), Series = [], Problems = [],
        };
    }
}
