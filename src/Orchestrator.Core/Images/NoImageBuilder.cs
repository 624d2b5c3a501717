using System.Runtime.CompilerServices;

namespace Orchestrator.Core.Images;

/// <summary>Stands where a runtime has no images.</summary>
/// <param name="runtime">Its name.</param>
public sealed class NoImageBuilder(string runtime) : IImageBuilder
{
    /// <inheritdoc/>
    public async IAsyncEnumerable<ImageBuildProgress> BuildAsync(ImageBuildSpec spec, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await Task.CompletedTask;
        throw new ImageBuildException($"This orchestrator runs with runtime {runtime}, which has no images. Start one with --runtime docker.");
#pragma warning disable CS0162 // What makes it a sequence.
        yield break;
#pragma warning restore CS0162
    }
}
