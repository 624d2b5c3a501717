using Orchestrator.Core.Cluster;
using Orchestrator.Core.Serving;

namespace Orchestrator.Control.Reconciliation;

/// <summary>Publishes serving snapshots, but only ones that say something new.</summary>
internal sealed class ServingPublisher(IServingSnapshots snapshots)
{
    private ServingSnapshot? _published;

    /// <summary>The newest revision there is.</summary>
    public long Revision => _published?.Revision ?? snapshots.Current.Revision;

    /// <summary>Whether frontends were left with replicas by a Control that ran before this one: nothing must be taken from them before it is known what still lives.</summary>
    public bool HasInheritance => _published is null && snapshots.Current.Models.Any(m => m.Versions.Any(v => v.Replicas.Count > 0));

    /// <summary>Sees to it that <see cref="Revision"/> and <see cref="HasInheritance"/> are true before the first publication.</summary>
    public ValueTask RefreshAsync(CancellationToken cancellationToken) => _published is null ? snapshots.RefreshAsync(cancellationToken) : ValueTask.CompletedTask;

    /// <summary>Publishes if it differs from the last one.</summary>
    /// <returns>Whether it did.</returns>
    public async ValueTask<bool> PublishAsync(IReadOnlyList<ApplicationSpec> applications, IReadOnlyList<ServedModel> models, CancellationToken cancellationToken)
    {
        if (_published is { } last && ReferenceEquals(last.Applications, applications) && SameModels(last.Models, models))
        {
            return false;
        }

        var next = new ServingSnapshot { Revision = Revision + 1, Applications = applications, Models = models };
        await snapshots.PublishAsync(next, cancellationToken);
        _published = next;
        return true;
    }

    // Specs, signatures and endpoints are made once and kept, so equal references say that nothing changed; a false difference only costs a revision.
    private static bool SameModels(IReadOnlyList<ServedModel> a, IReadOnlyList<ServedModel> b) =>
        a.Count == b.Count && a.Zip(b).All(p => p.First.Name == p.Second.Name && p.First.ServingVersion == p.Second.ServingVersion
            && p.First.Timeout == p.Second.Timeout && SameVersions(p.First.Versions, p.Second.Versions));

    private static bool SameVersions(IReadOnlyList<ServedVersion> a, IReadOnlyList<ServedVersion> b) =>
        a.Count == b.Count && a.Zip(b).All(p => ReferenceEquals(p.First.Spec, p.Second.Spec) && ReferenceEquals(p.First.Signature, p.Second.Signature)
            && p.First.Reason == p.Second.Reason && p.First.Replicas.Count == p.Second.Replicas.Count
            && p.First.Replicas.Zip(p.Second.Replicas).All(r => ReferenceEquals(r.First, r.Second)));
}
