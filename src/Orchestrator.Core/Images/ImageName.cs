using System.Buffers;

namespace Orchestrator.Core.Images;

/// <summary>How the image of a model's version is called: <c>registry/cluster-model:version</c>.</summary>
public static class ImageName
{
    private const int LongestTag = 128;
    private static readonly SearchValues<char> RepositoryCharacters = SearchValues.Create("abcdefghijklmnopqrstuvwxyz0123456789-_.");
    private static readonly SearchValues<char> RegistryCharacters = SearchValues.Create("abcdefghijklmnopqrstuvwxyz0123456789-_.:/");
    private static readonly SearchValues<char> TagCharacters = SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.");

    /// <param name="registry">Host and path, such as <c>registry:5000/team</c>; null or empty: none.</param>
    /// <param name="cluster">Name of the cluster.</param>
    /// <param name="model">Name of the model.</param>
    /// <param name="version">Name of the version.</param>
    /// <exception cref="ImageBuildException">That cannot be an image's name; the message says which part and why.</exception>
    public static string For(string? registry, string cluster, string model, string version)
    {
        if (!string.IsNullOrEmpty(registry) && (registry.AsSpan().ContainsAnyExcept(RegistryCharacters) || registry[0] is '/' or ':' || registry.EndsWith('/') || registry.Contains("//", StringComparison.Ordinal)))
        {
            throw new ImageBuildException($"registry: expected a host and perhaps a path, in lower case and without a scheme, such as registry.example.com:5000/team, got '{registry}'.");
        }

        // Names of images have no upper case; names of models may.
        var repository = $"{cluster}-{model}".ToLowerInvariant();
        if (repository.AsSpan().ContainsAnyExcept(RepositoryCharacters) || !char.IsAsciiLetterOrDigit(repository[0]) || !char.IsAsciiLetterOrDigit(repository[^1]))
        {
            throw new ImageBuildException($"'{repository}' (cluster and model) cannot name an image; expected letters, digits, dashes, dots and underscores.");
        }

        if (version.Length is 0 or > LongestTag || version.AsSpan().ContainsAnyExcept(TagCharacters) || version[0] is '-' or '.')
        {
            throw new ImageBuildException($"version '{version}' cannot be an image's tag; expected up to {LongestTag} letters, digits, dashes, dots and underscores.");
        }

        return $"{(string.IsNullOrEmpty(registry) ? "" : registry + "/")}{repository}:{version}";
    }
}
