using Orchestrator.Simulation.Latency;
using Orchestrator.Simulation.Policies;
using Orchestrator.Simulation.Results;
using Orchestrator.Simulation.Traffic;

namespace Orchestrator.Simulation.Tests;

public sealed class SimulatorTests
{
    private static readonly SimulatedModelPlan Model = new() { Latency = new LinearLatency(TimeSpan.FromMilliseconds(5), TimeSpan.FromMilliseconds(0.5), 0.1) };

    public static TheoryData<string, Trace> Everything
    {
        get
        {
            var all = new TheoryData<string, Trace>();
            foreach (var policy in SimulatedPolicies.Names)
            {
                foreach (var trace in Enum.GetValues<Trace>())
                {
                    all.Add(policy, trace);
                }
            }

            return all;
        }
    }

    [Theory]
    [MemberData(nameof(Everything))]
    public void Run_EqualSeeds_EqualResults_AndEveryRequestEndsOnce(string policy, Trace trace)
    {
        var plan = new SimulationPlan { Policy = policy, Trace = trace, Load = 1.2, Requests = 5000, Models = [Model with { Slos = [TimeSpan.FromMilliseconds(30), TimeSpan.FromMilliseconds(80)] }] };
        var first = Simulator.Run(plan).Total;
        var again = Simulator.Run(plan).Total;
        (again with { BatchSizes = first.BatchSizes, Drops = first.Drops }).ShouldBe(first);
        again.BatchSizes.ShouldBe(first.BatchSizes);
        again.Drops.ShouldBe(first.Drops);
        first.Requests.ShouldBe(4750);
        (first.InTime + first.Drops.Values.Sum()).ShouldBe(first.Requests);
    }

    [Fact]
    public void Run_AnotherSeed_AnotherResult()
    {
        var plan = new SimulationPlan { Policy = "deferred", Requests = 5000, Models = [Model] };
        Simulator.Run(plan with { Seed = 2 }).Total.P50.ShouldNotBe(Simulator.Run(plan).Total.P50);
    }

    [Fact]
    public void Fifo_Overload_CollapsesWhereDeferredKeepsWhatItHadAtCapacity()
    {
        var plan = new SimulationPlan { Policy = "deferred", Requests = 40_000, Models = [Model] };
        var atCapacity = Simulator.Run(plan).Total;
        var overloaded = Simulator.Run(plan with { Load = 2 }).Total;
        overloaded.Goodput.ShouldBeGreaterThanOrEqualTo(0.95 * atCapacity.Goodput);
        overloaded.RefusedAfterP50.ShouldBeLessThan(TimeSpan.FromMilliseconds(2));
        overloaded.Drops[DropReason.Late].ShouldBeLessThan(overloaded.Requests / 200);
        Simulator.Run(plan with { Policy = "fifo", Load = 2 }).Total.Goodput.ShouldBeLessThan(0.05 * atCapacity.Goodput);
    }

    [Theory]
    [InlineData(Trace.Poisson)]
    [InlineData(Trace.Gamma)]
    [InlineData(Trace.Bursty)]
    [InlineData(Trace.Step)]
    [InlineData(Trace.Closed)]
    public void Deferred_NoOtherPolicyIsBetter(Trace trace)
    {
        foreach (var load in trace == Trace.Closed ? [1.0] : new[] { 0.5, 1, 1.5 })
        {
            var plan = new SimulationPlan { Policy = "deferred", Trace = trace, Load = load, Clients = 64, Requests = 20_000, Models = [Model] };
            var deferred = Simulator.Run(plan).Total.Goodput;
            foreach (var other in SimulatedPolicies.Names)
            {
                deferred.ShouldBeGreaterThanOrEqualTo(0.99 * Simulator.Run(plan with { Policy = other }).Total.Goodput, $"{other} at load {load}");
            }
        }
    }

    [Theory]
    [InlineData("deferred", 1)]
    [InlineData("deferred", 2)]
    [InlineData("aimd", 0.7)]
    [InlineData("quantile", 0.7)]
    public void ColdStart_SpoilsTheProfile_AndIsForgotten(string policy, double load)
    {
        // Every size but the smallest looked too slow for the SLO in its only batch.
        var plan = new SimulationPlan { Policy = policy, Load = load, Requests = 20_000, Models = [Model] };
        var cold = Simulator.Run(plan with { Models = [Model with { ColdStart = 20 }] }).Total;
        cold.Goodput.ShouldBeGreaterThan(0.95 * Simulator.Run(plan).Total.Goodput);
    }

    [Fact]
    public void SeveralModels_AreCountedTogether()
    {
        var other = Model with { Name = "other", Replicas = 3, Latency = new LinearLatency(TimeSpan.FromMilliseconds(1), TimeSpan.Zero, 0) };
        var result = Simulator.Run(new SimulationPlan { Policy = "deferred", Load = 0.2, Requests = 2000, WarmUpShare = 0, Models = [Model, other] });
        result.Models.Select(m => m.Requests).ShouldBe([2000, 2000]);
        result.Total.Requests.ShouldBe(4000);
        result.Total.Offered.ShouldBe(result.Models.Sum(m => m.Offered), 0.01);
        result.Total.Goodput.ShouldBe(result.Models.Sum(m => m.Goodput), 0.01 * result.Total.Goodput);
    }

    [Fact]
    public void Run_WrongPlan_SaysWhatIsExpected()
    {
        var plan = new SimulationPlan { Policy = "deferred", Models = [Model] };
        Message(plan with { Policy = "best" }).ShouldContain("known: fifo, none, fixed, aimd");
        Message(plan with { Load = 0 }).ShouldContain("load");
        Message(plan with { Requests = 1 }).ShouldContain("requests");
        Message(plan with { Models = [] }).ShouldContain("at least one model");
        Message(plan with { Models = [Model with { Slos = [TimeSpan.FromMilliseconds(1)] }] }).ShouldContain("not even one row fits the SLO of 1ms");
    }

    private static string Message(SimulationPlan plan) => Should.Throw<ArgumentException>(() => Simulator.Run(plan)).Message;
}
