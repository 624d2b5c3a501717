namespace Orchestrator.Simulation.Plotting;

/// <summary>One line of a plot.</summary>
/// <param name="Name">Shown in the legend; equal names have equal colours in all panels.</param>
/// <param name="Points">From left to right.</param>
internal sealed record PlotSeries(string Name, IReadOnlyList<(double X, double Y)> Points);

/// <summary>One set of axes.</summary>
/// <param name="Title">Above it.</param>
/// <param name="XLabel">Below it.</param>
/// <param name="ShowsIdeal">Whether min(x, 1), the most that can be had, is drawn.</param>
/// <param name="Series">The lines.</param>
internal sealed record PlotPanel(string Title, string XLabel, bool ShowsIdeal, IReadOnlyList<PlotSeries> Series);
