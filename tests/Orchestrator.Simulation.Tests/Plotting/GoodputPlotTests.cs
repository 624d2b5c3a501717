using System.Xml.Linq;
using Orchestrator.Simulation.Latency;
using Orchestrator.Simulation.Plotting;
using Orchestrator.Simulation.Traffic;

namespace Orchestrator.Simulation.Tests.Plotting;

public sealed class GoodputPlotTests
{
    [Fact]
    public void Draw_OnePanelPerTrace_OneLinePerPolicy()
    {
        var model = new SimulatedModelPlan { Latency = new LinearLatency(TimeSpan.FromMilliseconds(5), TimeSpan.FromMilliseconds(0.5), 0.1) };
        var results = (from trace in new[] { Trace.Poisson, Trace.Closed }
                       from x in new[] { 1, 2, 3 }
                       from policy in new[] { "fifo", "deferred" }
                       select Simulator.Run(new SimulationPlan { Policy = policy, Trace = trace, Load = x / 2.0, Clients = x, Requests = 500, Models = [model] })).ToList();
        var svg = XDocument.Parse(GoodputPlot.Draw(results, "Goodput & <load>", "of a test"));
        XNamespace ns = "http://www.w3.org/2000/svg";
        var texts = svg.Descendants(ns + "text").Select(t => t.Value).ToList();
        texts.ShouldContain("Goodput & <load>");
        texts.ShouldContain("Poisson");
        texts.ShouldContain("closed loop");
        texts.ShouldContain("clients");
        svg.Descendants(ns + "g").Count().ShouldBe(2);
        var lines = svg.Descendants(ns + "polyline").Select(l => ((string)l.Attribute("points")!).Split(' ', StringSplitOptions.RemoveEmptyEntries)).ToList();
        lines.Count.ShouldBe(5); // two per panel, and the ideal of the open one
        lines.ShouldAllBe(l => l.Length == 3);
    }
}
