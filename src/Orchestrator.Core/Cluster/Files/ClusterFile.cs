namespace Orchestrator.Core.Cluster.Files;

/// <summary>A cluster file that was read: a valid spec, or every mistake in it.</summary>
public sealed class ClusterFile
{
    private readonly IReadOnlyDictionary<string, FilePosition> _positions;

    internal ClusterFile(string path, ClusterSpec? spec, IReadOnlyList<SpecError> errors, IReadOnlyDictionary<string, FilePosition> positions)
    {
        Path = path;
        Spec = spec;
        Errors = errors;
        _positions = positions;
    }

    /// <summary>As it was named by the caller.</summary>
    public string Path { get; }

    /// <summary>What it asks for, artefacts by absolute local path; null if there are errors.</summary>
    public ClusterSpec? Spec { get; }

    /// <summary>Where Redis is, for whoever starts an orchestrator with this file; null: nothing is said, or it has a mistake.</summary>
    public RedisSettings? Redis { get; internal init; }

    /// <summary>Every mistake with its place, in the file's order; empty if <see cref="Spec"/> is there.</summary>
    public IReadOnlyList<SpecError> Errors { get; }

    /// <summary>Gives a mistake that was found in the spec (by the server) its place in the file, or that of the nearest thing around it; one of something that is kept beside the file has none.</summary>
    public SpecError Locate(SpecError error)
    {
        ArgumentNullException.ThrowIfNull(error);
        if (error.Line is not null || error.Kept is not null)
        {
            return error;
        }

        for (var path = error.Path; ; path = ParentOf(path))
        {
            if (_positions.TryGetValue(path, out var position))
            {
                // What is missing in the file has no path there: its name in the spec is said behind the path of what is around it.
                var rest = error.Path[path.Length..].TrimStart('.');
                var filePath = rest.Length == 0 ? position.Path : position.Path.Length == 0 ? rest : $"{position.Path}.{rest}";
                return new SpecError(filePath, error.Message, Path, position.Line, position.Column);
            }

            if (path.Length == 0)
            {
                return error with { File = Path };
            }
        }
    }

    private static string ParentOf(string path) => path[..Math.Max(0, path.AsSpan().LastIndexOfAny('.', '['))];
}
