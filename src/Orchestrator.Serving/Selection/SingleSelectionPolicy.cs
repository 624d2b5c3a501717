using Orchestrator.Serving.Routing;

namespace Orchestrator.Serving.Selection;

/// <summary><c>single</c>: the one model of the application.</summary>
internal sealed class SingleSelectionPolicy : ISelectionPolicy
{
    public string Name => "single";

    public VersionEntry? Select(IReadOnlyList<SelectionCandidate> candidates, double point) => candidates.Count == 0 ? null : candidates[0].Version;
}
