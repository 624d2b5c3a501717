using Orchestrator.Core;
using Orchestrator.Core.Runtime;
using Orchestrator.Docker.Engine;

namespace Orchestrator.Docker.Lifetime;

/// <summary>Says for people how a container ended. Pure.</summary>
internal static class ContainerEnd
{
    private const int LinesOfAnExit = 20;
    private const int Killed = ExitText.SignalOffset + 9;
    private const string MemoryLimit = "memory";

    /// <param name="id">The engine's id.</param>
    /// <param name="replica">Which replica it was.</param>
    /// <param name="state">What the engine says of its end; null: it has forgotten it.</param>
    /// <param name="eventCode">What the event said; null: there was none.</param>
    /// <param name="lines">Its last lines.</param>
    public static ContainerExit Describe(string id, ReplicaId replica, ContainerState? state, int? eventCode, IReadOnlyList<string> lines)
    {
        // An engine whose disk is full tells the code and forgets it: its record then says 0.
        var code = eventCode is > 0 ? eventCode : state?.ExitCode ?? eventCode;
        return new ContainerExit(id, replica, code, Reason(state, code), [.. lines.TakeLast(LinesOfAnExit)]);
    }

    private static string Reason(ContainerState? state, int? code)
    {
        if (code is not { } known)
        {
            return "its container was removed by somebody else";
        }

        var end = ExitText.Of(known);
        if (state is { OOMKilled: true } && known == Killed)
        {
            return $"out of memory: {end} at its limit; give it more (resources: {{ {MemoryLimit}: ... }}), or less to do (batching: {{ maxSize: ... }})";
        }

        return state?.Error is { Length: > 0 } error ? $"{end}: {error}" : end;
    }
}
