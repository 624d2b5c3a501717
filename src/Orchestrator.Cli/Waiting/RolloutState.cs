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
    /// <param name="models">Those waited for; null: all.</param>
    public static RolloutState Of(ClusterStatus status, long revision, IReadOnlySet<string>? models)
    {
        var watched = status.Models.Where(m => models is null || models.Contains(m.Name)).ToList();
        var failed = watched.Where(m => m.State == FailedState).ToList();
        var moving = watched.Where(m => m.State != FailedState && !Output.StatusTables.IsServing(m)).ToList();
        if (status.Revision < revision || moving.Count > 0)
        {
            return new RolloutState(false, []);
        }

        // A model that was just added may be missing from the status for a moment; the cluster as a whole says when it is not.
        var isComplete = models is null ? status.Settled || failed.Count > 0 : watched.Count == models.Count;
        return new RolloutState(isComplete && failed.Count == 0, isComplete ? failed : []);
    }
}
