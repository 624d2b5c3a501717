using Orchestrator.Core.Cluster;
using Orchestrator.Core.Cluster.Files;
using Orchestrator.Core.Cluster.Validation;

namespace Orchestrator.Core.Tests.Cluster.Files;

public sealed class SampleFileTests
{
    private static readonly string Path = System.IO.Path.Combine(RepositoryRoot(), "samples", "orchestrator.yaml");

    internal static string RepositoryRoot()
    {
        var folder = AppContext.BaseDirectory;
        while (!File.Exists(System.IO.Path.Combine(folder, "Orchestrator.sln")))
        {
            folder = System.IO.Path.GetDirectoryName(folder) ?? throw new InvalidOperationException("Run from inside the repository.");
        }

        return folder;
    }

    [Fact]
    public void Sample_EveryKey_HasTheDefaultOfTheSpecs()
    {
        var file = ClusterFileReader.Read(Path, ValidationContext.ForLocalFiles(["sklearn", "onnx", "dotnet", "noop", "custom"]));
        file.Errors.ShouldBeEmpty();
        var spec = file.Spec!;
        var model = spec.Models[0];
        var version = model.Versions[0];
        var application = spec.Applications[0];
        var expected = new ClusterSpec
        {
            Models =
            [
                new ModelSpec { Name = "digits", CurrentVersion = "1", Versions = [new ModelVersionSpec { Version = "1", Framework = "sklearn", Artefact = version.Artefact }] },
                spec.Models[1],
            ],
            Applications =
            [
                new ApplicationSpec
                {
                    Name = "digits",
                    Slo = new SloSpec { Latency = TimeSpan.FromMilliseconds(20) },
                    Selection = new SelectionSpec { Targets = [new SelectionTarget { Model = "digits" }] },
                },
            ],
        };
        SpecComparer.Equal(spec, expected).ShouldBeTrue();
        application.DefaultOutput.ShouldBeNull();
    }

    [Fact]
    public void Sample_EveryKeyTheReaderKnows_IsInIt()
    {
        // Wrong keys everywhere: the reader then lists the keys it knows.
        const string Wrong = """
            x: 1
            runtime: docker
            models:
              - x: 1
                name: m
                versions: [{ x: 1, version: 1, framework: noop, batching: { x: 1 }, cache: { x: 1 }, resources: { x: 1 } }]
            applications:
              - { x: 1, name: a, slo: { x: 1, latency: 1s }, selection: { x: 1, targets: [{ x: 1, model: m }] }, features: { x: 1, views: [{ x: 1, name: v, entity: { x: 1, name: id }, features: [{ x: 1, name: f, type: bool }] }] } }
            """;
        var errors = ClusterFileReader.Parse(Wrong, "f", "/", _ => null, ValidationContext.ForLocalFiles(null)).Errors;
        var keys = errors.SelectMany(e => e.Message.Split("; expected ")[1].TrimEnd('.').Split(", ")).Distinct().ToList();
        keys.Count.ShouldBeGreaterThan(40);
        var text = File.ReadAllText(Path);
        keys.Where(k => !text.Contains($"{k}:", StringComparison.Ordinal)).ShouldBeEmpty();
    }
}
