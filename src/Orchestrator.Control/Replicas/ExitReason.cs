using Orchestrator.Core.Runtime;

namespace Orchestrator.Control.Replicas;

/// <summary>Says in one line why a container ended.</summary>
internal static class ExitReason
{
    private const string Marker = "FATAL:";

    /// <summary>Whether a container that was asked to end, or killed because it did not, may end so.</summary>
    public static bool IsAskedFor(int? exitCode) => exitCode is null or 0 or (128 + 9) or (128 + 15);

    /// <summary>The runtime's reason and, if the container said one, its own FATAL line.</summary>
    public static string Of(ContainerExit exit)
    {
        if (exit.Reason.Contains(Marker, StringComparison.Ordinal))
        {
            return exit.Reason;
        }

        var said = exit.LastLogLines.LastOrDefault(l => l.Contains(Marker, StringComparison.Ordinal));
        return said is null ? exit.Reason : $"{exit.Reason}: {said[(said.IndexOf(Marker, StringComparison.Ordinal) + Marker.Length)..].Trim()}";
    }
}
