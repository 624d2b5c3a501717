using Orchestrator.Core;
using Orchestrator.Core.Cluster;
using Orchestrator.Core.Runtime;

namespace Orchestrator.Docker.Tests;

/// <summary>Launches for tests.</summary>
internal static class Launches
{
    public static ContainerLaunch Of(ModelVersionSpec? spec = null, string instance = "ab12cd", string cluster = "c", string? artefact = null) => new()
    {
        Cluster = cluster,
        Replica = new ReplicaId(new ModelVersionId("m", "1"), instance),
        Spec = spec ?? new ModelVersionSpec { Version = "1", Framework = "noop" },
        SpecHash = "hash",
        ArtefactPath = artefact,
    };

    /// <summary>Hears of no progress.</summary>
    public static IProgress<string> Silent { get; } = new Heard();

    /// <summary>Keeps what it heard, in order.</summary>
    internal sealed class Heard : IProgress<string>
    {
        public List<string> Lines { get; } = [];

        public void Report(string value)
        {
            lock (Lines)
            {
                Lines.Add(value);
            }
        }
    }
}
