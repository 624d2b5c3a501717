namespace Orchestrator.Core.Images;

/// <summary>Builds an image that holds one version of a model (port).</summary>
public interface IImageBuilder
{
    /// <summary>Builds; a consumer that stops reading gives the build up.</summary>
    /// <returns>What happens, line by line; the last item, and no other, is the image.</returns>
    /// <exception cref="ImageBuildException">It cannot be built.</exception>
    IAsyncEnumerable<ImageBuildProgress> BuildAsync(ImageBuildSpec spec, CancellationToken cancellationToken);
}

/// <summary>What is to be built.</summary>
public sealed record ImageBuildSpec
{
    /// <summary>Its name, from <see cref="ImageName"/>.</summary>
    public required string Image { get; init; }

    /// <summary>The framework whose image it starts from.</summary>
    public required string Framework { get; init; }

    /// <summary>Another image to start from; null: the framework's own.</summary>
    public string? Base { get; init; }

    /// <summary>The artefact on this machine, a file or a folder; null: the framework needs none.</summary>
    public string? ArtefactPath { get; init; }

    /// <summary>Text of a requirements.txt that is installed with pip; null: none.</summary>
    public string? Requirements { get; init; }

    /// <summary>Push it to its registry when it is built.</summary>
    public bool Push { get; init; }

    /// <summary>Put on the image, for people.</summary>
    public IReadOnlyDictionary<string, string> Labels { get; init; } = new Dictionary<string, string>();
}

/// <summary>One step of a build.</summary>
/// <param name="Line">What happened, in the engine's words; empty for the last item.</param>
/// <param name="Built">The last item: what was built.</param>
public sealed record ImageBuildProgress(string Line, BuiltImage? Built = null);

/// <summary>An image that was built.</summary>
/// <param name="Image">Its name.</param>
/// <param name="Id"><c>sha256:...</c>.</param>
/// <param name="Bytes">Its size, with what it shares with others.</param>
public sealed record BuiltImage(string Image, string Id, long Bytes);

/// <summary>An image cannot be built; the message has the engine's words, if it had any.</summary>
public sealed class ImageBuildException : Exception
{
    /// <inheritdoc/>
    public ImageBuildException(string message, Exception? innerException = null) : base(message, innerException) { }
}
