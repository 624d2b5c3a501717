using System.Runtime.InteropServices;
using Orchestrator.Core;
using Orchestrator.Core.Cluster;
using Orchestrator.Core.Runtime;
using Orchestrator.Core.Serving;
using Orchestrator.Core.Time;
using Orchestrator.Protocol;
using Orchestrator.Serving.Prediction;
using Orchestrator.Serving.Tests;
using Orchestrator.Simulation.Latency;
using Orchestrator.Simulation.Results;
using Orchestrator.Simulation.Traffic;

namespace Orchestrator.Simulation.Tests.Live;

/// <summary>
/// The live queue with its replica loops, on a clock that the test moves, gets the arrivals and the latencies of a simulated run: in both every request ends exactly once, and
/// both answer as many in time. (Not to the last one: the live queue's timer ticks in whole milliseconds.)
/// </summary>
public sealed class LiveAgreementTests
{
    private const int Requests = 4000;
    private static readonly TimeSpan Slo = TimeSpan.FromMilliseconds(50);
    private static readonly LinearLatency Latency = new(TimeSpan.FromMilliseconds(5), TimeSpan.FromMilliseconds(0.5), 0);

    [Theory]
    [InlineData("deferred", Trace.Poisson, 0.5, 1)]
    [InlineData("deferred", Trace.Poisson, 1, 2)]
    [InlineData("deferred", Trace.Poisson, 2, 1)]
    [InlineData("deferred", Trace.Gamma, 1.2, 3)]
    [InlineData("deferred", Trace.Step, 1, 1)]
    [InlineData("aimd", Trace.Poisson, 1.2, 1)]
    [InlineData("quantile", Trace.Gamma, 0.8, 2)]
    [InlineData("fixed", Trace.Bursty, 0.8, 1)]
    [InlineData("none", Trace.Poisson, 0.2, 2)]
    public async Task SameArrivals_SameEnds(string policy, Trace trace, double load, int replicas)
    {
        var model = new SimulatedModelPlan { Latency = Latency, Replicas = replicas, Slos = [Slo] };
        var plan = new SimulationPlan { Policy = policy, Trace = trace, Load = load, Requests = Requests, WarmUpShare = 0, Models = [model], Seed = 11 };
        var simulated = Simulator.Run(plan).Total;
        var live = await RunLiveAsync(plan, model);
        live.Values.Sum().ShouldBe(Requests);
        (simulated.InTime + simulated.Drops.Values.Sum()).ShouldBe(Requests);
        var answered = live.GetValueOrDefault(OutcomeKind.Ok);
        ((double)answered).ShouldBe(simulated.InTime, 0.02 * Requests, $"live {string.Join(", ", live)}; simulated in time {simulated.InTime}, {string.Join(", ", simulated.Drops)}");
        ((double)live.GetValueOrDefault(OutcomeKind.Rejected)).ShouldBe(simulated.Drops[DropReason.Shed] + simulated.Drops[DropReason.Full], 0.02 * Requests);
    }

    private static async Task<Dictionary<OutcomeKind, int>> RunLiveAsync(SimulationPlan plan, SimulatedModelPlan model)
    {
        var rig = new ServingRig(cacheBytes: 0);
        Serve(rig, plan.Policy, model);
        var time = rig.Time;
        var start = time.GetTimestamp();
        var random = new SeededRandom(plan.Seed);
        var traffic = Traces.Open(plan.Trace, plan.Load * model.Capacity, plan.Requests);
        var answers = new List<Task<PredictionOutcome>>();
        var completions = new PriorityQueue<FakeReplica.Call, long>();
        var nextArrival = (long)(traffic.NextGap(0, random) * TimeSpan.TicksPerSecond);
        while (answers.Count < Requests || completions.Count > 0)
        {
            var arrives = answers.Count < Requests ? nextArrival : long.MaxValue;
            var at = completions.TryPeek(out _, out var completes) ? Math.Min(arrives, completes) : arrives;
            time.Advance(TimeSpan.FromTicks(start + at - time.GetTimestamp()));
            if (at == arrives)
            {
                answers.Add(rig.Service.PredictAsync(Question(rig, answers.Count), default).AsTask());
                nextArrival = at + (long)(traffic.NextGap(at / (double)TimeSpan.TicksPerSecond, random) * TimeSpan.TicksPerSecond);
            }
            else
            {
                completions.Dequeue().Succeed();
            }

            // A tick of the timer may have sent a held batch on the way; what was sent is due by the time it left.
            foreach (var replica in rig.Clients.Values)
            {
                while (replica.TryNext() is { } call)
                {
                    completions.Enqueue(call, call.Batch.DispatchedAt - start + (long)(model.Latency.Median(call.Batch.Rows) * TimeSpan.TicksPerSecond));
                }
            }
        }

        time.Advance(TimeSpan.FromSeconds(1));
        var outcomes = await Task.WhenAll(answers);
        return outcomes.GroupBy(o => o.Kind).ToDictionary(g => g.Key, g => g.Count());
    }

    private static void Serve(ServingRig rig, string policy, SimulatedModelPlan model)
    {
        var spec = new ModelVersionSpec { Version = "1", Framework = "noop", Batching = new BatchingSpec { Policy = policy, MaxSize = model.MaxRows } };
        var warmUp = Enumerable.Range(0, 5).Select(i => 1 << i).Select(rows => new BatchLatency(rows, TimeSpan.FromSeconds(model.Latency.Median(rows)))).ToArray();
        rig.Updater.Apply(new ServingSnapshot
        {
            Revision = 1,
            Models =
            [
                new ServedModel
                {
                    Name = ServingRig.Model,
                    ServingVersion = "1",
                    Timeout = Slo,
                    Versions = [new ServedVersion
                    {
                        Spec = spec,
                        Signature = new ModelSignature { Inputs = [new TensorSignature("input", "FP64", [-1, 1])], Outputs = [new TensorSignature("output", "FP64", [-1])] },
                        Replicas = [.. Enumerable.Range(0, model.Replicas).Select(i => new ReplicaEndpoint
                        {
                            Id = new ReplicaId(new ModelVersionId(ServingRig.Model, "1"), $"r{i}"), Address = new ContainerAddress("127.0.0.1", 1), WarmUp = i == 0 ? warmUp : [],
                        })],
                    }],
                },
            ],
        });
    }

    private static PredictionCall Question(ServingRig rig, double value) => new()
    {
        Target = rig.Version(),
        Inputs = [new Tensor("input", DataType.Fp64, [1, 1], MemoryMarshal.AsBytes<double>([value]).ToArray())],
        Deadline = Deadline.After(rig.Time, Slo),
    };
}
