using Orchestrator.Core.Cluster;
using Orchestrator.Serving.Prediction;
using Orchestrator.Serving.Replicas;

namespace Orchestrator.Serving.Tests.Prediction;

/// <summary>
/// Random arrivals, cancellations, failures, hangs and swaps: every request that was made is answered, exactly once, by its deadline; no answer is another's; nothing is
/// executed more than twice; and at the end nothing is left in the queue. (A waiter that were completed twice would throw out of its value task source and end the run.)
/// </summary>
public sealed class ExactlyOncePropertyTests
{
    private static readonly string[] Policies = ["none", "fixed", "aimd", "quantile", "deferred"];

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public async Task RandomRuns_EveryRequestEndsOnceAndRight(int policy)
    {
        for (var seed = 0; seed < 60; seed++)
        {
            await RunAsync(new Random((seed * 5) + policy), Policies[policy], $"policy {Policies[policy]}, seed {seed}");
        }
    }

    private static async Task RunAsync(Random random, string policy, string what)
    {
        var rig = new ServingRig(cacheBytes: random.Next(2) == 0 ? 0 : 1 << 20, hungBatch: TimeSpan.FromMilliseconds(200));
        var run = new Run(rig, random, policy);
        run.Swap();
        for (var step = 0; step < 150; step++)
        {
            await run.StepAsync();
        }

        await run.SettleAsync(what);
    }

    private sealed class Run(ServingRig rig, Random random, string policy)
    {
        // Continuations run on the pool, which a loaded machine may keep waiting: far more turns than are ever needed, and still a bound.
        private const int MostTurns = 500_000;

        private readonly List<(double Value, Task<PredictionOutcome> Answer, long Deadline)> _asked = [];
        private readonly List<CancellationTokenSource> _clients = [];
        private readonly Dictionary<double, int> _executions = [];
        private readonly HashSet<FakeReplica> _everyReplica = [];
        private int _swaps;
        private int _values;

        public void Swap()
        {
            _swaps++;
            var version = (1 + (_swaps % 2)).ToString(System.Globalization.CultureInfo.InvariantCulture);
            var names = Enumerable.Range(0, random.Next(1, 4)).Select(i => $"{version}-{i}-{(random.Next(3) == 0 ? _swaps : 0)}").ToArray();
            rig.Serve(
                version,
                spec => spec with { QueueCapacity = 20, Batching = new BatchingSpec { Policy = policy, MaxSize = 8, Delay = TimeSpan.FromMilliseconds(random.Next(2)) }, Idempotent = random.Next(4) > 0 },
                (version, names));
        }

        public async Task StepAsync()
        {
            _everyReplica.UnionWith(rig.Clients.Values);
            switch (random.Next(12))
            {
                case < 5:
                    Ask();
                    break;
                case < 8:
                    Answer();
                    break;
                case 8:
                    rig.Time.Advance(TimeSpan.FromMilliseconds(random.Next(1, 8)));
                    rig.Updater.Sweep();
                    break;
                case 9 when _clients.Count > 0:
                    await _clients[random.Next(_clients.Count)].CancelAsync();
                    break;
                case 10 when random.Next(3) == 0:
                    Swap();
                    break;
                default:
                    await Task.Yield();
                    break;
            }
        }

        public async Task SettleAsync(string what)
        {
            for (var i = 0; i < MostTurns && _asked.Any(a => !a.Answer.IsCompleted); i++)
            {
                _everyReplica.UnionWith(rig.Clients.Values);
                Answer();
                rig.Time.Advance(TimeSpan.FromMilliseconds(1));
                await Task.Yield();
            }

            _asked.Count(a => !a.Answer.IsCompleted).ShouldBe(0, what);
            foreach (var (value, answer, _) in _asked)
            {
                var outcome = await answer;
                if (outcome.Kind == OutcomeKind.Ok)
                {
                    ServingRig.ValuesOf(outcome).ShouldBe([value * (outcome.ModelVersion.Version == "1" ? 10 : 20)], what);
                }
            }

            _executions.Values.DefaultIfEmpty().Max().ShouldBeLessThanOrEqualTo(ReplicaLoop.MaxAttempts, what);
            for (var i = 0; i < MostTurns && rig.State.Table.Models[ServingRig.Model].Versions.Values.Any(v => !v.Queue.IsQuiet); i++)
            {
                Answer();
                rig.Time.Advance(TimeSpan.FromMilliseconds(1));
                await Task.Yield();
            }

            rig.State.Table.Models[ServingRig.Model].Versions.Values.ShouldAllBe(v => v.Queue.IsQuiet, what);
        }

        private void Ask()
        {
            var client = new CancellationTokenSource();
            var serving = rig.State.Table.Models[ServingRig.Model].Serving!;

            // Without a cache every question is its own, so that executions can be counted; with one, equal questions meet.
            var value = rig.Cache.IsEnabled ? random.Next(5) : ++_values;
            var call = rig.Call(value, random.Next(2, 30), version: serving.Id.Version);
            _clients.Add(client);
            _asked.Add((value, rig.Service.PredictAsync(call, client.Token).AsTask(), call.Deadline.Timestamp));
        }

        private void Answer()
        {
            foreach (var replica in _everyReplica)
            {
                var next = replica.TryNext();
                if (next is null)
                {
                    continue;
                }

                if (!rig.Cache.IsEnabled)
                {
                    foreach (var value in next.Values)
                    {
                        _executions[value] = _executions.GetValueOrDefault(value) + 1;
                    }
                }

                var factor = next.Batch.Items[0].Queue.Id.Version == "1" ? 10 : 20;
                switch (random.Next(8))
                {
                    case 0:
                        next.Fail(ReplyKind.Unreachable);
                        break;
                    case 1:
                        next.Fail(ReplyKind.Failed);
                        break;
                    case 2 when random.Next(4) == 0:
                        // Hung: answered by patience alone.
                        break;
                    default:
                        next.Succeed(factor: factor);
                        break;
                }
            }
        }
    }
}
