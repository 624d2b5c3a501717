using Orchestrator.Simulation.Results;
using Orchestrator.Simulation.Traffic;

namespace Orchestrator.Simulation.Plotting;

/// <summary>Goodput against offered load as an SVG drawing: one panel per kind of traffic, one line per policy.</summary>
public static class GoodputPlot
{
    /// <summary>Draws the results of a sweep.</summary>
    /// <param name="results">At least one.</param>
    /// <param name="title">Above all panels.</param>
    /// <param name="subtitle">Below the title: what was simulated.</param>
    public static string Draw(IReadOnlyList<SimulationResult> results, string title, string subtitle)
    {
        ArgumentNullException.ThrowIfNull(results);
        var policies = results.Select(r => r.Plan.Policy).Distinct().ToArray();
        var panels = results.GroupBy(r => r.Plan.Trace).Select(g => Panel(g.Key, [.. g])).ToArray();
        return SvgDrawing.Draw(title, subtitle, policies, panels);
    }

    private static PlotPanel Panel(Trace trace, IReadOnlyList<SimulationResult> results) => new(
        trace switch
        {
            Trace.Poisson => "Poisson",
            Trace.Gamma => "gamma, CV 4",
            Trace.Bursty => "bursty on/off",
            Trace.Step => "step: half the load, then twice",
            _ => "closed loop",
        },
        trace == Trace.Closed ? "clients" : trace == Trace.Step ? "load / capacity (half of it, then twice)" : "offered load / capacity",
        trace is not (Trace.Closed or Trace.Step),
        [.. results.GroupBy(r => r.Plan.Policy).Select(g => new PlotSeries(g.Key, [.. g.Select(Point).OrderBy(p => p.X)]))]);

    private static (double X, double Y) Point(SimulationResult result) => (
        result.Plan.Trace == Trace.Closed ? result.Plan.Clients : result.Plan.Load,
        result.Models.Sum(m => m.Goodput) / result.Plan.Models.Sum(m => m.Capacity));
}
