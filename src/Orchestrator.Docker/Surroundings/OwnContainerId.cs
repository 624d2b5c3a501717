using System.Text.RegularExpressions;

namespace Orchestrator.Docker.Surroundings;

/// <summary>Finds the id of the container that this process may run in, from what the kernel says of its mounts. Pure.</summary>
internal static partial class OwnContainerId
{
    /// <param name="mountInfo">Text of <c>/proc/self/mountinfo</c>: Docker mounts its own hostname and resolv.conf into each container, from a folder named by its id.</param>
    /// <returns>Null: in none of Docker's.</returns>
    public static string? Find(string mountInfo) => Id().Match(mountInfo) is { Success: true } match ? match.Groups[1].Value : null;

    [GeneratedRegex("/containers/([0-9a-f]{64})/(?:hostname|hosts|resolv\\.conf) ")]
    private static partial Regex Id();
}
