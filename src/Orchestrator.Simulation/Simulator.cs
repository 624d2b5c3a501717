using Orchestrator.Simulation.Results;
using Orchestrator.Simulation.Running;

namespace Orchestrator.Simulation;

/// <summary>
/// Simulates the scheduler event by event in virtual time, with the code that decides in the live queue. Equal plans give equal results, on every machine.
/// </summary>
public static class Simulator
{
    /// <summary>Simulates one run; takes a second or two per million requests.</summary>
    /// <exception cref="ArgumentException">The plan cannot be simulated; the message says why.</exception>
    public static SimulationResult Run(SimulationPlan plan, CancellationToken stop = default)
    {
        ArgumentNullException.ThrowIfNull(plan);
        if (SimulationPlanValidator.Problem(plan) is { } problem)
        {
            throw new ArgumentException(problem, nameof(plan));
        }

        var total = new Tally();
        var models = new List<ModelResult>();
        for (var i = 0; i < plan.Models.Count; i++)
        {
            var simulation = new ModelSimulation(plan, plan.Models[i], plan.Seed + ((ulong)i * 0x9E3779B97F4A7C15));
            simulation.Run(stop);
            models.Add(simulation.Tally.ToResult(plan.Models[i].Name, simulation.Seconds));
            total.Add(simulation.Tally);
        }

        // Models run side by side: their rates add up, whatever the time each of them took.
        var all = total.ToResult("all", 1);
        var offered = models.Sum(m => m.Offered);
        return new SimulationResult(plan, models, all with { Seconds = offered == 0 ? 1 : all.Requests / offered });
    }
}
