using System.Text.Json;

using Orchestrator.Core.Cluster;

namespace Orchestrator.Benchmarks.Cluster;

/// <summary>A model of a benchmark's cluster; the application of the same name asks it.</summary>
/// <param name="Name">Of model and application.</param>
internal sealed record ModelUnderTest(string Name)
{
    /// <summary>Which container.</summary>
    public string Framework { get; init; } = "sklearn";

    /// <summary>Under Docker, the image if it is not the framework's; null: that one.</summary>
    public string? Image { get; init; }

    /// <summary>Path below the repository's root or absolute; null: none.</summary>
    public string? Artefact { get; init; }

    public BatchingSpec Batching { get; init; } = new();

    public CacheSpec Cache { get; init; } = new() { Enabled = false };

    /// <summary>Where nothing is said about deadlines: long enough that a stall of the machine does not turn into refused requests.</summary>
    public TimeSpan Slo { get; init; } = TimeSpan.FromSeconds(1);

    public int Replicas { get; init; } = 1;

    public int QueueCapacity { get; init; } = ModelVersionSpec.DefaultQueueCapacity;

    /// <summary>The framework's options, as JSON.</summary>
    public string Options { get; init; } = "{}";

    public ModelSpec ToSpec(string? digest) => new()
    {
        Name = Name,
        CurrentVersion = "1",
        Versions =
        [
            new ModelVersionSpec
            {
                Version = "1",
                Framework = Framework,
                Image = Image,
                Artefact = digest is null ? null : new ArtefactSpec { Digest = digest },
                Options = JsonDocument.Parse(Options).RootElement.EnumerateObject().ToDictionary(o => o.Name, o => o.Value),
                Batching = Batching,
                Cache = Cache,
                Replicas = Replicas,
                QueueCapacity = QueueCapacity,
            },
        ],
    };

    public ApplicationSpec ToApplication() => new()
    {
        Name = Name,
        Slo = new SloSpec { Latency = Slo },
        Selection = new SelectionSpec { Targets = [new SelectionTarget { Model = Name }] },
    };
}
