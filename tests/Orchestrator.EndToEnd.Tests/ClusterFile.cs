namespace Orchestrator.EndToEnd.Tests;

/// <summary>A cluster file in a folder of its own, removed with it.</summary>
internal sealed partial class ClusterFile : IAsyncDisposable
{
    private ClusterFile(string folder) => (Folder, Path) = (folder, System.IO.Path.Combine(folder, "orchestrator.yaml"));

    public string Folder { get; }

    public string Path { get; private set; }

    public static async Task<ClusterFile> WriteAsync(string yaml)
    {
        var file = new ClusterFile(Directory.CreateTempSubdirectory("orchestrator-file-").FullName);
        await File.WriteAllTextAsync(file.Path, yaml);
        return file;
    }

    /// <summary>A sample, to be run under a runtime: as it stands, or for docker a copy that says so (and names the image of custom containers) beside what it refers to.</summary>
    public static async Task<ClusterFile> OfSampleAsync(string sample, string runtime)
    {
        var file = await WriteAsync("");
        var folder = Directory.CreateDirectory(System.IO.Path.Combine(file.Folder, sample)).FullName;
        foreach (var other in Directory.EnumerateDirectories(Repository.Sample()).Where(d => System.IO.Path.GetFileName(d) != sample))
        {
            Directory.CreateSymbolicLink(System.IO.Path.Combine(file.Folder, System.IO.Path.GetFileName(other)), other);
        }

        foreach (var entry in Directory.EnumerateDirectories(Repository.Sample(sample)))
        {
            Directory.CreateSymbolicLink(System.IO.Path.Combine(folder, System.IO.Path.GetFileName(entry)), entry);
        }

        var text = Under(runtime, await File.ReadAllTextAsync(Repository.Sample(sample, "orchestrator.yaml")));
        file.Path = System.IO.Path.Combine(folder, "orchestrator.yaml");
        await File.WriteAllTextAsync(file.Path, text);
        return file;
    }

    /// <summary>The text of a file, made to say where its containers run.</summary>
    public static string Under(string runtime, string yaml) => runtime == Runtimes.Docker
        ? "runtime: docker\n" + CustomFramework().Replace(yaml, "$1framework: custom\n$1image: orchestrator-sklearn:latest")
        : yaml;

    [System.Text.RegularExpressions.GeneratedRegex("^( *)framework: custom *$", System.Text.RegularExpressions.RegexOptions.Multiline)]
    private static partial System.Text.RegularExpressions.Regex CustomFramework();

    public ValueTask DisposeAsync()
    {
        Directory.Delete(Folder, recursive: true);
        return ValueTask.CompletedTask;
    }
}
