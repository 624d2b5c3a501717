using Orchestrator.Control.Probing;
using Orchestrator.Control.Tests.Fakes;
using Orchestrator.Core;
using Orchestrator.Core.Admin;
using Orchestrator.Core.Cluster;
using Orchestrator.Core.Runtime;
using Orchestrator.Core.Serving;

namespace Orchestrator.Control.Tests.Reconciliation;

/// <summary>Whatever is asked for and whatever breaks: in the end what is wanted runs, and on the way nobody was left without a replica that he could have had.</summary>
public sealed class ConvergenceTests
{
    private const int Versions = 3;

    [Fact]
    public async Task RandomEditsAndCrashes_AlwaysConverge_NeverBeyondSurge_NeverWithoutAReplica()
    {
        for (var seed = 1; seed <= 60; seed++)
        {
            await new Run(seed).PlayAsync();
        }
    }

    private sealed class Run
    {
        private readonly Cluster _cluster = new();
        private readonly Random _random;
        private readonly int _seed;
        private ModelSpec _wanted;
        private bool _crashed;

        public Run(int seed)
        {
            (_seed, _random) = (seed, new Random(seed));
            _wanted = Cluster.Model("1", Cluster.Version("1", 2), Cluster.Version("2"), Cluster.Version("3"));
            _cluster.WaitForStops = true;
            _cluster.Prober.OnProbe = _ => _random.Next(10) switch
            {
                0 => Task.FromResult(ProbeOutcome.Unusable("unlucky")),
                < 4 => LaterAsync(),
                _ => Task.FromResult(ProbeOutcome.Usable(FakeProber.Contract)),
            };
            _cluster.Runtime.OnStart = _ =>
            {
                if (_random.Next(12) == 0)
                {
                    throw new ContainerStartException("unlucky");
                }
            };
        }

        public async Task PlayAsync()
        {
            await ApplyAsync(_wanted);
            for (var step = 0; step < 40; step++)
            {
                await DisturbAsync();
                for (var pass = 0; pass < _random.Next(4); pass++)
                {
                    await PassAsync(step);
                }
            }

            _cluster.ReplicaReports.Clear();
            _cluster.FrontendAcknowledges = true;
            _cluster.Prober.OnProbe = _ => Task.FromResult(ProbeOutcome.Usable(FakeProber.Contract));
            _cluster.Runtime.OnStart = _ => { };
            for (var i = 0; i < 12; i++)
            {
                await _cluster.AdvanceAsync(TimeSpan.FromSeconds(20));
            }

            _cluster.Plane.Status.Settled.ShouldBeTrue($"seed {_seed}: {_cluster.Model().State}, {_cluster.Model().Reason}");
            _cluster.Served.Models.Single().ServingVersion.ShouldBe(_wanted.CurrentVersion, $"seed {_seed}");
            var expected = _wanted.Versions.Where(v => v.Version == _wanted.CurrentVersion || v.Standby).SelectMany(v => Enumerable.Repeat(v.Version, v.Replicas)).Order();
            _cluster.RunningVersions().ShouldBe(expected, $"seed {_seed}");
            _cluster.Runtime.Running.Select(c => c.SpecHash)
                .ShouldBe(_cluster.Runtime.Running.Select(c => SpecHash.Compute(_wanted.FindVersion(c.Replica.ModelVersion.Version)!)), $"seed {_seed}");
        }

        private async Task DisturbAsync()
        {
            var version = _wanted.Versions[_random.Next(Versions)];
            switch (_random.Next(8))
            {
                case 0:
                    await ApplyAsync(_wanted with { CurrentVersion = version.Version });
                    break;
                case 1:
                    await ChangeAsync(version with { Replicas = _random.Next(1, 4) });
                    break;
                case 2:
                    await ChangeAsync(version with { Threads = _random.Next(1, 3) });
                    break;
                case 3:
                    await ChangeAsync(version with { Standby = !version.Standby });
                    break;
                case 4 when _cluster.Runtime.Running.Count > 0:
                    _crashed = true;
                    _cluster.Crash(_cluster.Runtime.Running.ElementAt(_random.Next(_cluster.Runtime.Running.Count)).Replica);
                    break;
                case 5:
                    _cluster.FrontendAcknowledges = !_cluster.FrontendAcknowledges;
                    break;
                case 6 when _cluster.Ready(version.Version) is { Count: > 0 } ready:
                    var id = ready[_random.Next(ready.Count)];
                    _cluster.ReplicaReports[id] = new ReplicaReport { Id = id, InFlight = _random.Next(2), ConsecutiveFailures = _random.Next(5) };
                    break;
                default:
                    _cluster.Time.Advance(TimeSpan.FromMilliseconds(_random.Next(5000)));
                    break;
            }
        }

        private async Task PassAsync(int step)
        {
            var before = _cluster.Served.Models.SingleOrDefault();
            var had = before?.ServingVersion is { } serving && _cluster.Ready(serving).Count > 0;
            await _cluster.ReportAsync();
            await _cluster.PassAsync();
            await _cluster.Reconciler.WhenIdleAsync();

            var after = _cluster.Served.Models.Single();
            if (had && !_crashed)
            {
                _cluster.Ready(after.ServingVersion!).ShouldNotBeEmpty($"seed {_seed}, step {step}");
            }

            _crashed = false;
            foreach (var group in _cluster.Model().Versions)
            {
                var coming = group.Replicas.Count(r => r.Phase is >= ReplicaPhase.Starting and <= ReplicaPhase.Ready);
                coming.ShouldBeLessThanOrEqualTo(group.Spec.Replicas + 1, $"seed {_seed}, step {step}, version {group.Spec.Version}");
            }
        }

        private async Task ChangeAsync(ModelVersionSpec version) =>
            await ApplyAsync(_wanted with { Versions = [.. _wanted.Versions.Select(v => v.Version == version.Version ? version : v)] });

        private async Task ApplyAsync(ModelSpec model)
        {
            _wanted = model;
            await _cluster.ApplyAsync(model);
        }

        // Ready only after a while: on the fake clock.
        private async Task<ProbeOutcome> LaterAsync()
        {
            await Task.Delay(TimeSpan.FromSeconds(_random.Next(1, 5)), _cluster.Time);
            return ProbeOutcome.Usable(FakeProber.Contract);
        }
    }
}
