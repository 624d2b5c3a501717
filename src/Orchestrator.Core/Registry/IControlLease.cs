namespace Orchestrator.Core.Registry;

/// <summary>The right to be the one control plane of a cluster, where several processes may be it (port; Redis). Without this port a process is alone by the registry's lock.</summary>
public interface IControlLease
{
    /// <summary>Completes, with a name of who took over, when this process was the control plane and is no more: it must end, for its containers and its frontend are of a state that is over.</summary>
    Task<string> Lost { get; }

    /// <summary>What keeps the registry from being reached, for people; null: nothing. Meanwhile what serves goes on, and nothing can be changed.</summary>
    string? Problem { get; }
}
