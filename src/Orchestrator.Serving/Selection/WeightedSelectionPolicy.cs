using Orchestrator.Serving.Routing;

namespace Orchestrator.Serving.Selection;

/// <summary>
/// <c>weighted</c>: each target gets its share of the points in [0, 1). Targets without a ready replica are passed over and the others share their part,
/// so a canary that is down costs nobody an answer; when none is ready, the shares are as written (the cache may still know the answer).
/// </summary>
internal sealed class WeightedSelectionPolicy : ISelectionPolicy
{
    public string Name => "weighted";

    public VersionEntry? Select(IReadOnlyList<SelectionCandidate> candidates, double point) =>
        Pick(candidates, point, readyOnly: true) ?? Pick(candidates, point, readyOnly: false);

    private static VersionEntry? Pick(IReadOnlyList<SelectionCandidate> candidates, double point, bool readyOnly)
    {
        double total = 0;
        foreach (var candidate in candidates)
        {
            total += WeightOf(candidate, readyOnly);
        }

        var left = point * total;
        VersionEntry? last = null;
        foreach (var candidate in candidates)
        {
            var weight = WeightOf(candidate, readyOnly);
            if (weight <= 0)
            {
                continue;
            }

            last = candidate.Version;
            left -= weight;
            if (left < 0)
            {
                return candidate.Version;
            }
        }

        // Rounding can leave a point at the very end.
        return last;
    }

    private static double WeightOf(in SelectionCandidate candidate, bool readyOnly) =>
        candidate.Version is { } version && (!readyOnly || version.IsReady) ? candidate.Weight : 0;
}
