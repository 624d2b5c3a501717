using Orchestrator.Core.Admin;

namespace Orchestrator.Cli.Waiting;

/// <summary>How far a change is: what still moves and what failed.</summary>
/// <param name="IsReached">Everything waited for serves as wanted.</param>
/// <param name="Failed">Models whose rollout failed; nothing else moves if this is not empty.</param>
internal sealed record RolloutState(bool IsReached, IReadOnlyList<ModelStatus> Failed)
{
    private const string FailedState = "failed";

    /// <param name="status">As the admin API says.</param>
    /// <param name="revision">The change's; an older status says nothing of it.</param>
    /// <param name="target">What is waited for.</param>
    public static RolloutState Of(ClusterStatus status, long revision, WaitTarget target)
    {
        // Reached for whoever asks right now: the query frontends must have it too.
        if (status.Revision < revision || status.AcknowledgedRevision < status.ServingRevision)
        {
            return new RolloutState(false, []);
        }

        var watched = target.In(status).ToList();
        var failed = watched.Where(m => m.State == FailedState).ToList();
        return target.Application is { } application ? OfApplication(status, application, watched, failed) : OfModels(status, target.Models, watched, failed);
    }

    private static RolloutState OfApplication(ClusterStatus status, string application, List<ModelStatus> watched, List<ModelStatus> failed)
    {
        var isAvailable = status.Applications.Any(a => a.Spec.Name == application && a.Available);
        return new RolloutState(isAvailable, !isAvailable && failed.Count == watched.Count ? failed : []);
    }

    private static RolloutState OfModels(ClusterStatus status, IReadOnlySet<string>? models, List<ModelStatus> watched, List<ModelStatus> failed)
    {
        if (watched.Exists(m => m.State != FailedState && !Output.StatusTables.IsServing(m)))
        {
            return new RolloutState(false, []);
        }

        // A model that was just added may be missing from the status for a moment; the cluster as a whole says when it is not.
        var isComplete = models is null ? status.Settled || failed.Count > 0 : watched.Count == models.Count;
        return new RolloutState(isComplete && failed.Count == 0, isComplete ? failed : []);
    }
}
