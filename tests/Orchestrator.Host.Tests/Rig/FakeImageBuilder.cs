using System.Runtime.CompilerServices;
using Orchestrator.Core.Images;

namespace Orchestrator.Host.Tests.Rig;

/// <summary>Builds in words.</summary>
internal sealed class FakeImageBuilder : IImageBuilder
{
    public List<ImageBuildSpec> Asked { get; } = [];

    /// <summary>What it fails with after its first line; null: it succeeds.</summary>
    public string? Failure { get; set; }

    public async IAsyncEnumerable<ImageBuildProgress> BuildAsync(ImageBuildSpec spec, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        Asked.Add(spec);
        await Task.Yield();
        yield return new ImageBuildProgress("Step 1/1");
        if (Failure is not null)
        {
            throw new ImageBuildException(Failure);
        }

        yield return new ImageBuildProgress("", new BuiltImage(spec.Image, "sha256:ab", 12));
    }
}
