namespace Orchestrator.Images.Tests;

/// <summary>A compose cluster that serves the digits through every framework, and a model that fails every second batch. Shared by the tests that only ask.</summary>
public sealed class DigitsCluster(DockerEngine engine) : IAsyncLifetime
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("compose-");

    internal ComposeCluster Compose { get; private set; } = null!;

    internal static string Models => Path.Combine(Shell.Root, "samples/digits/models");

    /// <summary>The cluster's name, which begins those of its containers and images; not compose's project, which begins those of its services.</summary>
    internal string Name => $"{Compose.Project}r";

    public async ValueTask InitializeAsync()
    {
        Compose = await ComposeCluster.UpAsync(engine, "orchestrator", "redis", "prometheus");
        (await Compose.OrchAsync("apply", "-f", await WriteFileAsync("cluster.yaml", await DescribeAsync()), "--wait")).ShouldSucceed();
    }

    public async ValueTask DisposeAsync()
    {
        await Compose.DisposeAsync();
        _folder.Delete(recursive: true);
    }

    /// <summary>A file that goes with the cluster.</summary>
    internal async Task<string> WriteFileAsync(string name, string text)
    {
        var file = Path.Combine(_folder.FullName, name);
        await File.WriteAllTextAsync(file, text, TestContext.Current.CancellationToken);
        return file;
    }

    // The sample with an objective that a loaded machine meets, and an application per framework.
    private async Task<string> DescribeAsync()
    {
        var sample = await File.ReadAllTextAsync(Path.Combine(Shell.Root, "samples/digits/docker.yaml"), TestContext.Current.CancellationToken);
        return sample
            .Replace("cluster: digits", $"cluster: {Name}", StringComparison.Ordinal)
            .Replace("path: models", $"path: {Models}", StringComparison.Ordinal)
            .Replace("slo: 20ms", "slo: 10s", StringComparison.Ordinal)
            .Replace("applications:\n", """
                  - { name: failing, version: "1", framework: noop, options: { failEvery: 2 } }
                applications:
                  - { name: digits-onnx, slo: 10s, defaultOutput: -1, model: digits-onnx }
                  - { name: digits-dotnet, slo: 10s, defaultOutput: -1, model: digits-dotnet }

                """, StringComparison.Ordinal);
    }
}
