using Orchestrator.Core.Cluster;
using Orchestrator.Core.Serving;
using Orchestrator.Serving.Batching;
using Orchestrator.Serving.Queueing;

namespace Orchestrator.Serving.Replicas;

/// <summary>The replicas of one model version as this frontend uses them, and the queue they serve. Changed only by the table updater, one change at a time.</summary>
internal sealed class ReplicaSet
{
    private readonly Func<ReplicaEndpoint, IReplicaClient> _connect;
    private readonly ReplicaLoopContext _context;
    private readonly Dictionary<Core.ReplicaId, Member> _members = [];
    private readonly List<Member> _leaving = [];

    public ReplicaSet(ModelQueue queue, Func<ReplicaEndpoint, IReplicaClient> connect, ReplicaLoopContext context)
    {
        Queue = queue;
        _connect = connect;
        _context = context;
    }

    public ModelQueue Queue { get; }

    /// <summary>When the version was taken out of the table (timestamp); null while it is in.</summary>
    public long? RetiredAt { get; set; }

    /// <summary>Makes loops for new replicas, ends those of replicas that are gone, and passes new settings on.</summary>
    public void Apply(ServedVersion version, TimeSpan slo)
    {
        var wanted = version.Replicas.ToDictionary(r => r.Id);
        foreach (var member in _members.Values.Where(m => !wanted.ContainsKey(m.Endpoint.Id)).ToArray())
        {
            Leave(member);
        }

        Queue.Configure(version.Spec.QueueCapacity, version.Spec.Batching.MaxBytes);
        foreach (var endpoint in version.Replicas)
        {
            var bounds = BoundsOf(version.Spec, endpoint, slo);
            if (_members.TryGetValue(endpoint.Id, out var known))
            {
                foreach (var loop in known.Loops)
                {
                    loop.Configure(bounds);
                }
            }
            else
            {
                Join(endpoint, bounds);
            }
        }
    }

    /// <summary>Ends every loop after its batch.</summary>
    public void Close()
    {
        foreach (var member in _members.Values.ToArray())
        {
            Leave(member);
        }
    }

    /// <summary>Lets go of replicas whose loops have ended. True: none is left.</summary>
    public bool Sweep()
    {
        foreach (var member in _leaving.Where(m => m.Loops.All(l => l.Completion.IsCompleted)).ToArray())
        {
            _leaving.Remove(member);
            member.Client.Dispose();
            foreach (var loop in member.Loops)
            {
                loop.Dispose();
            }
        }

        return _members.Count == 0 && _leaving.Count == 0;
    }

    /// <summary>What this frontend knows of each replica; one that leaves is listed until its last batch is back.</summary>
    public IEnumerable<ReplicaReport> Report()
    {
        foreach (var member in _members.Values)
        {
            var report = member.ToReport(Queue);

            // A retired version may still get requests that had read the table before: it is in use until it is closed.
            yield return RetiredAt is null ? report : report with { InFlight = Math.Max(1, report.InFlight) };
        }

        foreach (var member in _leaving)
        {
            yield return member.ToReport(Queue);
        }
    }

    private void Join(ReplicaEndpoint endpoint, BatchBounds bounds)
    {
        foreach (var sample in endpoint.WarmUp)
        {
            Queue.Profile.Record(sample.Rows, sample.Duration);
        }

        var client = _connect(endpoint);
        var slots = new ReplicaSlots(endpoint.Concurrency, mayGoAhead: _context.Idempotent, Queue.Policy.InitialLimit(bounds), Queue.Policy.MayBeCapped);
        var loops = new List<ReplicaLoop>();
        for (var i = 0; i < slots.Concurrency + ReplicaSlots.MostAhead; i++)
        {
            loops.Add(new ReplicaLoop(Queue, endpoint, client, slots, bounds, _context));
        }

        _members[endpoint.Id] = new Member(endpoint, client, slots, loops);
        foreach (var loop in loops)
        {
            loop.Start();
        }
    }

    private void Leave(Member member)
    {
        _members.Remove(member.Endpoint.Id);
        _leaving.Add(member);
        foreach (var loop in member.Loops)
        {
            loop.Stop();
        }
    }

    private static BatchBounds BoundsOf(ModelVersionSpec spec, ReplicaEndpoint endpoint, TimeSpan slo) =>
        new(Math.Max(1, Math.Min(spec.Batching.MaxSize, endpoint.MaxBatchSize ?? int.MaxValue)), slo, spec.Batching.Delay);

    private sealed record Member(ReplicaEndpoint Endpoint, IReplicaClient Client, ReplicaSlots Slots, IReadOnlyList<ReplicaLoop> Loops)
    {
        public ReplicaReport ToReport(ModelQueue queue) => Slots.Stats.ToReport(Endpoint, Slots.MostRows, queue.Profile);
    }
}
