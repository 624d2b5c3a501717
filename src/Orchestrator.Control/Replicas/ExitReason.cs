using System.Text.RegularExpressions;
using Orchestrator.Core.Runtime;

namespace Orchestrator.Control.Replicas;

/// <summary>Says in one line why a container ended.</summary>
internal static partial class ExitReason
{
    private const string Marker = "FATAL:";

    /// <summary>Whether a container that was asked to end, or killed because it did not, may end so.</summary>
    public static bool IsAskedFor(int? exitCode) => exitCode is null or 0 or (128 + 9) or (128 + 15);

    /// <summary>What the container said of its end, if it did (its FATAL line), and the runtime's reason.</summary>
    public static string Of(ContainerExit exit)
    {
        if (exit.Reason.Contains(Marker, StringComparison.Ordinal))
        {
            return exit.Reason;
        }

        var said = exit.LastLogLines.LastOrDefault(l => l.Contains(Marker, StringComparison.Ordinal));
        return said is null ? exit.Reason : $"{StoreFolder().Replace(said[(said.IndexOf(Marker, StringComparison.Ordinal) + Marker.Length)..].Trim(), "")} ({exit.Reason})";
    }

    // Where the store keeps an artefact says nothing to people and hides what follows; its own name stays.
    [GeneratedRegex(@"[^\s'""]*/sha256/[0-9a-f]{64}/files/", RegexOptions.CultureInvariant)]
    private static partial Regex StoreFolder();
}
