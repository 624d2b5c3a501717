namespace Orchestrator.Storage.Tests;

/// <summary>A folder of a test's own, removed afterwards.</summary>
internal sealed class TestFolder : IDisposable
{
    public string Root { get; } = Directory.CreateTempSubdirectory("orch-storage-").FullName;

    public string this[string name] => Path.Combine(Root, name);

    public void Dispose() => Orchestrator.Storage.Artefacts.ReadOnlyFiles.DeleteFolder(Root);
}
