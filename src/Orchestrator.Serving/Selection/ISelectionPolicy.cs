using Orchestrator.Serving.Routing;

namespace Orchestrator.Serving.Selection;

/// <summary>Chooses the version that answers a request; pure and thread-safe, registered by <see cref="Name"/>.</summary>
public interface ISelectionPolicy
{
    /// <summary>As in a spec's <c>selection.policy</c>.</summary>
    string Name { get; }

    /// <summary>Chooses; null when no candidate has a version.</summary>
    /// <param name="candidates">The application's targets, in the spec's order.</param>
    /// <param name="point">In [0, 1): equal for requests that must be answered alike, else drawn for each.</param>
    VersionEntry? Select(IReadOnlyList<SelectionCandidate> candidates, double point);
}

/// <summary>One target of an application and the version it means now.</summary>
/// <param name="Version">Null while none was ever ready.</param>
/// <param name="Weight">At least 0.</param>
public readonly record struct SelectionCandidate(VersionEntry? Version, double Weight);
