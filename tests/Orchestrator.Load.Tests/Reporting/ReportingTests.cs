using System.Xml.Linq;

using Orchestrator.Load.Profiling;
using Orchestrator.Load.Reporting;
using Orchestrator.Load.Sweeping;

namespace Orchestrator.Load.Tests.Reporting;

public sealed class ReportingTests
{
    private static readonly SweepPoint Closed = new(null, Results.Of(100, 100), SweepVerdict.Met);
    private static readonly SweepPoint Fast = new(500, Results.Of(100, 90, milliseconds: 8), SweepVerdict.Missed);

    [Fact]
    public void Csv_ClosedLoop_HasPerfAnalyzersColumns() => PerfAnalyzerCsv.Write([Closed], 16, [new ServerTimes(TimeSpan.FromMilliseconds(1), TimeSpan.FromMilliseconds(3))]).ShouldBe(
        """
        Concurrency,Inferences/Second,Client Send,Network+Server Send/Recv,Server Queue,Server Compute Input,Server Compute Infer,Server Compute Output,Client Recv,p50 latency,p90 latency,p95 latency,p99 latency
        16,100,0,1000,1000,0,3000,0,0,5000,5000,5000,5000

        """);

    [Fact]
    public void Csv_WithARate_HasTheRateFirst() => PerfAnalyzerCsv.Write([Closed, Fast], 16, [null, null]).Split('\n')[..3].Select(l => string.Join(',', l.Split(',')[..4])).ShouldBe(
        ["Request Rate,Inferences/Second,Client Send,Network+Server Send/Recv", "0,100,0,5000", "500,90,0,8000"]);

    [Fact]
    public void Plot_Anything_IsWellFormedAndNamesTheSlo()
    {
        var slo = TimeSpan.FromMilliseconds(20);
        foreach (var svg in new[] { LoadPlot.Draw("a <b>", [Closed], slo), LoadPlot.Draw("a", [Closed, Fast, Fast with { Rate = 10 }], slo), LoadPlot.Draw("a", [new ProfiledBatch(1, 5, 100, slo, slo, slo)], slo) })
        {
            XDocument.Parse(svg).Descendants().Count(e => e.Name.LocalName == "polyline").ShouldBeGreaterThan(0);
            svg.ShouldContain("SLO 20 ms");
        }
    }
}
