using Orchestrator.Core;
using Orchestrator.Simulation.Policies;

namespace Orchestrator.Simulation;

/// <summary>Says what is wrong with a plan.</summary>
internal static class SimulationPlanValidator
{
    private const long MostRequests = 100_000_000;

    public static string? Problem(SimulationPlan plan) =>
        !SimulatedPolicies.Names.Contains(plan.Policy) ? $"policy '{plan.Policy}' is unknown; known: {string.Join(", ", SimulatedPolicies.Names)}"
        : plan.Load is not (> 0 and <= 1000) ? $"load: expected more than 0 and at most 1000 times the capacity, got {plan.Load}"
        : plan.Requests is < 100 or > MostRequests ? $"requests: expected 100 to {MostRequests}, got {plan.Requests}"
        : plan.Clients is < 1 or > 1_000_000 ? $"clients: expected 1 to 1000000, got {plan.Clients}"
        : plan.WarmUpShare is not (>= 0 and <= 0.9) ? $"warm-up share: expected 0 to 0.9, got {plan.WarmUpShare}"
        : plan.Models.Count == 0 ? "expected at least one model"
        : plan.Models.Select(Problem).FirstOrDefault(p => p is not null);

    private static string? Problem(SimulatedModelPlan model) =>
        model.MaxRows is < 1 or > 100_000 ? $"max size: expected 1 to 100000 rows, got {model.MaxRows}"
        : model.ColdStart is not (> 0 and <= 10_000) ? $"cold start: expected more than 0 and at most 10000 times, got {model.ColdStart}"
        : model.Replicas is < 1 or > 10_000 ? $"replicas: expected 1 to 10000, got {model.Replicas}"
        : model.QueueCapacity < 1 ? $"queue capacity: expected at least 1, got {model.QueueCapacity}"
        : model.Slos.Count == 0 || model.Slos.Any(s => s <= TimeSpan.Zero) ? "slo: expected at least one, each longer than 0"
        : model.Capacity <= 0 ? $"{model.Name}: not even one row fits the SLO of {Durations.Format(model.Slos.Min())} (latency {model.Latency.Description})"
        : null;
}
