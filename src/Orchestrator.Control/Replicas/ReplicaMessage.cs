using Orchestrator.Control.Probing;
using Orchestrator.Core;
using Orchestrator.Core.Runtime;

namespace Orchestrator.Control.Replicas;

/// <summary>What owned tasks tell the reconciler's loop; the loop alone changes state. A closed set.</summary>
internal abstract record ReplicaMessage
{
    private ReplicaMessage() { }

    /// <summary>What its start waits for, for people; null: for nothing any more. <paramref name="IsRuntimeAway"/>: for the runtime itself, so that a list would find the same.</summary>
    public sealed record Waiting(ReplicaId Id, string? For, bool IsRuntimeAway = false) : ReplicaMessage;

    /// <summary>The runtime has it running.</summary>
    public sealed record Started(ReplicaId Id, ContainerInfo Container) : ReplicaMessage;

    /// <summary>It is ready and said what it is.</summary>
    public sealed record Probed(ReplicaId Id, ReplicaContract Contract) : ReplicaMessage;

    /// <summary>Warm-up is over.</summary>
    public sealed record WarmedUp(ReplicaId Id, WarmUpOutcome Outcome) : ReplicaMessage;

    /// <summary>It did not come up.</summary>
    public sealed record Failed(ReplicaId Id, string Reason, IReadOnlyList<string> LastLogLines) : ReplicaMessage;

    /// <summary>It was Ready and no longer answers.</summary>
    public sealed record Unhealthy(ReplicaId Id, string Reason) : ReplicaMessage;

    /// <summary>Its container is gone, as asked; or (with an error) could not be stopped.</summary>
    public sealed record Stopped(ReplicaId Id, string? Error) : ReplicaMessage;

    /// <summary>A container ended.</summary>
    public sealed record Exited(ContainerExit Exit) : ReplicaMessage;

    /// <summary>The runtime's list, asked for at <paramref name="AskedAt"/>; or why it cannot be had, with <paramref name="IsRuntimeAway"/> because nobody answers.</summary>
    public sealed record Listed(IReadOnlyList<ContainerInfo>? Containers, string? Error, TimeSpan AskedAt, bool IsRuntimeAway = false) : ReplicaMessage;

    /// <summary>What containers have used, asked for at <paramref name="At"/> on the reconciler's clock.</summary>
    public sealed record Used(IReadOnlyDictionary<string, ContainerUsage> Usage, TimeSpan At) : ReplicaMessage;

    /// <summary>Something elsewhere changed: look.</summary>
    public sealed record Wake : ReplicaMessage
    {
        public static Wake Instance { get; } = new();
    }
}
