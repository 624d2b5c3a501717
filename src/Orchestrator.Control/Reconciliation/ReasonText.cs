using Orchestrator.Core;
using Orchestrator.Core.Admin;

namespace Orchestrator.Control.Reconciliation;

/// <summary>Says for people why something is not Ready. Without times: the text must not change while nothing else does.</summary>
internal static class ReasonText
{
    /// <summary>Why no replica of the version can be called.</summary>
    public static string WhyNoneReady(ModelVersionId id, Fleet fleet)
    {
        var failure = fleet.Failures.Of(id) is { } history ? $"; the last one failed: {history.LastReason}" : "";
        return $"no replica of version {id.Version} is ready: {Phases(id, fleet)}{failure}";
    }

    /// <summary>Why fewer are Ready than wanted.</summary>
    public static string WhyFewer(ModelVersionId id, int ready, int wanted, Fleet fleet)
    {
        var failure = fleet.Failures.Of(id) is { } history ? $"; the last one failed: {history.LastReason}" : "";
        return $"{ready} of {wanted} replicas of version {id.Version} ready: {Phases(id, fleet)}{failure}";
    }

    private static string Phases(ModelVersionId id, Fleet fleet)
    {
        var phases = fleet.Of(id.Model)
            .Where(r => r.Id.ModelVersion == id && r.Phase is not (ReplicaPhase.Ready or ReplicaPhase.Failed or ReplicaPhase.Stopped))
            .GroupBy(r => r.Phase)
            .OrderBy(g => g.Key)
            .Select(g => $"{g.Count()} {Text(g.Key)}");
        var text = string.Join(", ", phases);
        return text.Length == 0 ? "none started" : text;
    }

    private static string Text(ReplicaPhase phase) => phase switch
    {
        ReplicaPhase.Pending => "waiting to start",
        ReplicaPhase.Starting => "starting",
        ReplicaPhase.Probing => "loading",
        ReplicaPhase.WarmingUp => "warming up",
        ReplicaPhase.Draining => "draining",
        _ => phase.ToString(),
    };
}
