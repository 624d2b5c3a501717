namespace Orchestrator.Core.Cluster;

/// <summary>One mistake in a spec.</summary>
/// <param name="Path">Where: <c>models[0].versions[1].batching.policy</c>; empty for the whole.</param>
/// <param name="Message">What is wrong, what was expected, what to do.</param>
/// <param name="File">The file, if it came from one.</param>
/// <param name="Line">1-based line in it.</param>
/// <param name="Column">1-based column.</param>
public sealed record SpecError(string Path, string Message, string? File = null, int? Line = null, int? Column = null)
{
    /// <summary>For people, what the mistake lies in if that is not in the spec that was sent but kept beside it: <c>application pay</c>. <see cref="Path"/> then begins there.</summary>
    public string? Kept { get; init; }

    /// <summary><c>cluster.yaml:12:5: models[0].replicas: ...</c>.</summary>
    public override string ToString()
    {
        var text = Path.Length == 0 ? Message : $"{Path}: {Message}";
        return Kept is not null ? $"{Kept} (kept, not in the file): {text}" : File is null ? text : Line is null ? $"{File}: {text}" : $"{File}:{Line}:{Column}: {text}";
    }
}
