namespace Orchestrator.Redis.Frontends;

/// <summary>How frontends and the control plane know of each other.</summary>
internal static class FrontendLeaseOptions
{
    /// <summary>How long a frontend believes its snapshot after it last reported, by its own clock.</summary>
    public static readonly TimeSpan Lease = TimeSpan.FromSeconds(5);

    /// <summary>How long the control plane waits for one that does not report, by its own clock: the lease and one more of grace, for what was under way at the end of it.</summary>
    public static readonly TimeSpan Expiry = 2 * Lease;
}
