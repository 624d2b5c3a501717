using Orchestrator.Core.Admin;
using Orchestrator.Core.Cluster;

namespace Orchestrator.Control.Desired;

/// <summary>What an edit of the desired state came to: a new spec, or why there is none.</summary>
internal sealed record EditOutcome(ClusterSpec? Spec, ChangeKind Kind, AdminError? Error)
{
    public static EditOutcome To(ClusterSpec spec) => new(spec, ChangeKind.Applied, null);

    public static EditOutcome Invalid(string path, string error) => new(null, ChangeKind.Invalid, new AdminError($"{path} {error}", [new SpecError(path, error)]));

    public static EditOutcome Unknown(string error) => new(null, ChangeKind.Unknown, new AdminError(error, []));

    public static EditOutcome Conflict(string error) => new(null, ChangeKind.Conflict, new AdminError(error, []));
}
