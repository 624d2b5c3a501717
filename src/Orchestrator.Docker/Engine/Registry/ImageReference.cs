namespace Orchestrator.Docker.Engine;

/// <summary>The name of an image, taken apart as Docker does.</summary>
/// <param name="Registry"><c>docker.io</c> unless the name begins with a host.</param>
/// <param name="Repository">All but tag and digest, as it was written.</param>
/// <param name="TagOrDigest"><c>latest</c> unless something is said; a digest begins with its algorithm.</param>
internal sealed record ImageReference(string Registry, string Repository, string TagOrDigest)
{
    public const string DockerHub = "docker.io";
    private const string DefaultTag = "latest";

    public static ImageReference Parse(string name)
    {
        var (rest, digest) = CutLast(name, '@', 0);
        var slash = rest.LastIndexOf('/');
        // A colon before the last slash is a registry's port.
        var (repository, tag) = CutLast(rest, ':', slash + 1);
        var first = repository.IndexOf('/', StringComparison.Ordinal) is var at and > 0 ? repository[..at] : "";
        var isHost = first == "localhost" || first.AsSpan().IndexOfAny('.', ':') >= 0;
        return new ImageReference(isHost ? first : DockerHub, repository, digest ?? tag ?? DefaultTag);
    }

    public bool IsDigest => TagOrDigest.Contains(':', StringComparison.Ordinal);

    public override string ToString() => $"{Repository}{(IsDigest ? '@' : ':')}{TagOrDigest}";

    private static (string Before, string? After) CutLast(string text, char separator, int from)
    {
        var at = text.AsSpan(from).LastIndexOf(separator);
        return at < 0 ? (text, null) : (text[..(from + at)], text[(from + at + 1)..]);
    }
}
