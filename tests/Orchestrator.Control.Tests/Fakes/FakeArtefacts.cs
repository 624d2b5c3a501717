using Orchestrator.Core.Artefacts;

namespace Orchestrator.Control.Tests.Fakes;

/// <summary>A store that holds what its set names.</summary>
internal sealed class FakeArtefacts : IArtefactStore
{
    public HashSet<string> Digests { get; } = [];

    public Task<string> PutFileAsync(string fileName, Stream content, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task<string> PutFolderAsync(string folderName, Stream tar, CancellationToken cancellationToken) => throw new NotSupportedException();

    public string? FindPath(string digest) => Digests.Contains(digest) ? $"/artefacts/{digest}" : null;

    public ArtefactInfo? Describe(string digest) => Digests.Contains(digest) ? new ArtefactInfo(digest, "model", false, 1) : null;

    public Task<int> RemoveUnreferencedAsync(IReadOnlySet<string> referenced, DateTimeOffset olderThan, CancellationToken cancellationToken) => Task.FromResult(0);
}
