namespace Orchestrator.EndToEnd.Tests;

/// <summary>A cluster file in a folder of its own, removed with it.</summary>
internal sealed class ClusterFile : IAsyncDisposable
{
    private ClusterFile(string folder) => Folder = folder;

    public string Folder { get; }

    public string Path => System.IO.Path.Combine(Folder, "orchestrator.yaml");

    public static async Task<ClusterFile> WriteAsync(string yaml)
    {
        var file = new ClusterFile(Directory.CreateTempSubdirectory("orchestrator-file-").FullName);
        await File.WriteAllTextAsync(file.Path, yaml);
        return file;
    }

    public ValueTask DisposeAsync()
    {
        Directory.Delete(Folder, recursive: true);
        return ValueTask.CompletedTask;
    }
}
