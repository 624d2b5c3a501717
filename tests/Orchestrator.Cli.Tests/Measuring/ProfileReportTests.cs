using Orchestrator.Cli.Measuring;

namespace Orchestrator.Cli.Tests.Measuring;

public sealed class ProfileReportTests
{
    [Theory]
    [InlineData(8, 0, null)]
    [InlineData(44, 0, "no size meets 20 ms at p99: one row already takes 44 ms")]
    [InlineData(15, 4, "SLO 20 ms: at most 4 rows a batch; if a request must also wait for the batch before its own, not even one row fits")]
    [InlineData(9, 4, "SLO 20 ms: at most 4 rows a batch; 1 if a request must also wait for the batch before its own")]
    public void Verdict_SaysWhatFits(double oneRowMs, int within, string? expected)
    {
        var half = oneRowMs <= 10 ? 1 : 0;
        var report = new ProfileReport("m", "1", "u", expected is null ? null : 20, within, half, 0, 0, [new ProfileSize(1, 9, 9, 1, 1, oneRowMs * 1000), new ProfileSize(2, 9, 9, 1, 1, 99_000)]);
        report.Verdict().ShouldBe(expected);
    }
}
