using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;

namespace Orchestrator.Cli.Tests.Commands;

/// <summary>What the README shows is valid, and is what the samples run.</summary>
public sealed partial class ReadmeSnippetTests : IDisposable
{
    private static readonly string Repository = Path.GetFullPath(Path.Combine(Path.GetDirectoryName(ThisFile())!, "..", "..", ".."));
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("orch-readme-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public async Task ClusterFiles_OfTheReadme_AreValid()
    {
        Directory.CreateDirectory(Path.Combine(_folder.FullName, "models"));
        foreach (var artefact in new[] { "models/digits-v1.joblib", "models/digits-v2.joblib", "totals" })
        {
            await File.WriteAllTextAsync(Path.Combine(_folder.FullName, artefact), "", CliRun.Token);
        }

        var blocks = Blocks("yaml");
        blocks.Count.ShouldBe(2);
        foreach (var block in blocks)
        {
            var file = Path.Combine(_folder.FullName, "cluster.yaml");
            await File.WriteAllTextAsync(file, block, CliRun.Token);
            var run = await CliRun.OfAsync(new Uri("http://127.0.0.1:1"), null, "validate", "-f", file);
            run.Error.ShouldBeEmpty();
            run.ExitCode.ShouldBe(0);
        }
    }

    [Fact]
    public void Container_OfTheReadme_IsTheOneOfTheSample()
    {
        var sample = File.ReadAllText(Path.Combine(Repository, "samples", "custom", "totals", "main.py"));
        var code = Blocks("python").Single();
        sample.ShouldEndWith(code[(code.IndexOf('\n') + 1)..]);
        code.Split('\n').Length.ShouldBeLessThanOrEqualTo(20);
    }

    private static List<string> Blocks(string language) =>
        [.. Block().Matches(File.ReadAllText(Path.Combine(Repository, "README.md"))).Where(m => m.Groups["language"].Value == language).Select(m => m.Groups["text"].Value)];

    private static string ThisFile([CallerFilePath] string path = "") => path;

    [GeneratedRegex("^```(?<language>[a-z]+)\n(?<text>.*?)^```$", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Block();
}
