using Orchestrator.Core.Serving;

namespace Orchestrator.Core.Tests.Serving;

public sealed class InMemoryFrontendReportsTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Report_SameFrontendTwice_KeepsTheNewest()
    {
        var reports = new InMemoryFrontendReports();
        await reports.ReportAsync(new FrontendReport { FrontendId = "a", AcknowledgedRevision = 1 }, Token);
        await reports.ReportAsync(new FrontendReport { FrontendId = "b", AcknowledgedRevision = 1 }, Token);
        await reports.ReportAsync(new FrontendReport { FrontendId = "a", AcknowledgedRevision = 2 }, Token);
        var read = await reports.ReadAsync(Token);
        read.OrderBy(r => r.FrontendId).Select(r => (r.FrontendId, r.AcknowledgedRevision)).ShouldBe([("a", 2L), ("b", 1L)]);
    }

    [Fact]
    public async Task WaitForReport_ReportAfterTheCall_Completes()
    {
        var reports = new InMemoryFrontendReports();
        await reports.ReportAsync(new FrontendReport { FrontendId = "a", AcknowledgedRevision = 1 }, Token);
        var wait = reports.WaitForReportAsync(Token);
        wait.IsCompleted.ShouldBeFalse();
        await reports.ReportAsync(new FrontendReport { FrontendId = "a", AcknowledgedRevision = 2 }, Token);
        await wait;
    }
}
