namespace Orchestrator.Docker.Surroundings;

/// <summary>How a container is reached. A closed set, in the order in which they are tried.</summary>
internal enum Reach
{
    /// <summary>By name, on a network that the orchestrator's own container shares with it.</summary>
    Name,
    /// <summary>Through a Unix socket in a folder that both see.</summary>
    Socket,
    /// <summary>At its address on a bridge of this machine.</summary>
    Bridge,
    /// <summary>At a port of the engine's machine.</summary>
    Published,
}

/// <summary>Decides how containers are reached. Pure.</summary>
internal static class ReachPolicy
{
    /// <param name="surroundings">How this process and the engine stand to each other.</param>
    /// <param name="isOurs">The container is one of a framework's: it listens on a socket if told so.</param>
    public static Reach Decide(EngineSurroundings surroundings, bool isOurs)
    {
        if (surroundings.Own is not null)
        {
            // In a container without a network of its own kind (host network, default bridge) addresses work, names do not.
            return surroundings.Network is not null ? Reach.Name : Reach.Bridge;
        }

        if (!surroundings.IsNative || surroundings.IsRootless)
        {
            return Reach.Published;
        }

        // The socket belongs to the container's user: ours, or anybody if we are root. With remapped ids only root is sure to be let in.
        var isLetIn = surroundings.Identity.User == 0 || !surroundings.RemapsUsers;
        return isOurs && isLetIn ? Reach.Socket : Reach.Bridge;
    }
}
