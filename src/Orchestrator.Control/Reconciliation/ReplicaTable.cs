using Orchestrator.Control.Replicas;
using Orchestrator.Core;

namespace Orchestrator.Control.Reconciliation;

/// <summary>The replicas that are known, by id and by model; in the order they were made.</summary>
internal sealed class ReplicaTable
{
    private readonly Dictionary<ReplicaId, Replica> _byId = [];
    private readonly Dictionary<string, List<Replica>> _byModel = [];

    public IReadOnlyCollection<Replica> All => _byId.Values;

    public IEnumerable<string> Models => _byModel.Keys;

    public Replica? Find(ReplicaId id) => _byId.GetValueOrDefault(id);

    public IReadOnlyList<Replica> Of(string model) => _byModel.GetValueOrDefault(model) ?? [];

    public void Add(Replica replica)
    {
        _byId.Add(replica.Id, replica);
        var model = replica.Id.ModelVersion.Model;
        if (!_byModel.TryGetValue(model, out var replicas))
        {
            _byModel.Add(model, replicas = []);
        }

        replicas.Add(replica);
    }

    public Replica? Remove(ReplicaId id)
    {
        if (!_byId.Remove(id, out var replica))
        {
            return null;
        }

        var replicas = _byModel[id.ModelVersion.Model];
        replicas.Remove(replica);
        if (replicas.Count == 0)
        {
            _byModel.Remove(id.ModelVersion.Model);
        }

        return replica;
    }
}
