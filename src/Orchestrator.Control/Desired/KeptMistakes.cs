using System.Globalization;
using Orchestrator.Core.Cluster;

namespace Orchestrator.Control.Desired;

/// <summary>
/// Mistakes that show only once a file is put beside what is kept, and lie in what is kept: the file may contradict it, but whoever looks for the mistake there finds nothing.
/// Pure. What is kept stands behind what the file says, so the paths of the file's own mistakes are right as they are.
/// </summary>
internal static class KeptMistakes
{
    /// <summary>The mistakes of <paramref name="next"/>; those in something that <paramref name="file"/> does not have say so, and what to do.</summary>
    public static IReadOnlyList<SpecError> Mark(ClusterSpec file, ClusterSpec next, IReadOnlyList<SpecError> mistakes) => [.. mistakes.Select(m => Mark(file, next, m))];

    private static SpecError Mark(ClusterSpec file, ClusterSpec next, SpecError mistake)
    {
        if (TryIndex(mistake.Path, "applications", out var index, out var rest))
        {
            return index >= file.Applications.Count ? Of(mistake, $"application {next.Applications[index].Name}", rest, $"orch app remove {next.Applications[index].Name}") : mistake;
        }

        if (!TryIndex(mistake.Path, "models", out index, out rest))
        {
            return mistake;
        }

        var model = next.Models[index];
        if (index >= file.Models.Count)
        {
            return Of(mistake, $"model {model.Name}", rest, $"orch model remove {model.Name}");
        }

        return TryIndex(rest, "versions", out var version, out rest) && version >= file.Models[index].Versions.Count
            ? Of(mistake, $"version {model.Versions[version].Version} of model {model.Name}", rest, $"orch model remove {model.Name}:{model.Versions[version].Version}")
            : mistake;
    }

    private static SpecError Of(SpecError mistake, string kept, string path, string remove) => new(
        path,
        $"{mistake.Message.TrimEnd('.')}. The file does not name {kept}, which is kept from before: change or remove it first ({remove}; where orch up refused to start, orch up without -f first), "
        + "or have everything removed that the file does not name (orch up --prune, orch apply without --keep-others).") { Kept = kept };

    /// <summary>Of <c>models[3].versions[0]</c>: 3 and <c>versions[0]</c>.</summary>
    private static bool TryIndex(string path, string list, out int index, out string rest)
    {
        (index, rest) = (0, "");
        if (!path.StartsWith($"{list}[", StringComparison.Ordinal) || path.IndexOf(']', StringComparison.Ordinal) is not (> 0 and var end))
        {
            return false;
        }

        rest = path[(end + 1)..].TrimStart('.');
        return int.TryParse(path.AsSpan(list.Length + 1, end - list.Length - 1), NumberStyles.None, CultureInfo.InvariantCulture, out index);
    }
}
