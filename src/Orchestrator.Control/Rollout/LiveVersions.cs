namespace Orchestrator.Control.Rollout;

/// <summary>Which versions of a model are live: containers of them are wanted and calls may name them.</summary>
internal static class LiveVersions
{
    /// <summary>
    /// The current version; those that applications name; standbys; and until a rollout is complete the one that serves (before the swap) or served
    /// (until every frontend acknowledged the swap). Only versions of the spec: the rest has no launch settings.
    /// </summary>
    public static IReadOnlyList<string> Of(RolloutView view)
    {
        if (view.Spec is not { } spec)
        {
            return [];
        }

        return [.. spec.Versions
            .Where(v => v.Version == spec.CurrentVersion || v.Standby || view.Pinned.Contains(v.Version)
                || v.Version == view.Observed.ServingVersion || v.Version == view.Swap?.From)
            .Select(v => v.Version)];
    }

    /// <summary>Whether the version is live only because frontends have not acknowledged the swap away from it: what died of it is not replaced.</summary>
    public static bool IsRetiring(RolloutView view, string version) =>
        view.Spec is { } spec && view.Swap?.From == version && version != spec.CurrentVersion && version != view.Observed.ServingVersion
        && !view.Pinned.Contains(version) && spec.FindVersion(version) is not { Standby: true };
}
