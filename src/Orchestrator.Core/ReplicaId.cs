namespace Orchestrator.Core;

/// <summary>Names one replica: one start of one container. A replacement has a new id, so a late message about the dead one cannot touch the new one.</summary>
/// <param name="ModelVersion">What the replica serves.</param>
/// <param name="Instance">Short random text, unique within the cluster.</param>
public readonly record struct ReplicaId(ModelVersionId ModelVersion, string Instance)
{
    /// <summary><c>model:version/instance</c>.</summary>
    public override string ToString() => $"{ModelVersion}/{Instance}";
}
