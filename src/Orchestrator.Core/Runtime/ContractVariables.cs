using System.Globalization;
using System.Text.Json;

namespace Orchestrator.Core.Runtime;

/// <summary>The environment variables that docs/container-contract.md promises a container, but for where it listens and where its artefact lies, which each runtime knows.</summary>
public static class ContractVariables
{
    /// <summary>Who started it.</summary>
    public const string Replica = "ORCHESTRATOR_REPLICA";

    /// <summary>Address to listen on.</summary>
    public const string Host = "ORCHESTRATOR_HOST";

    /// <summary>Port to listen on.</summary>
    public const string Port = "ORCHESTRATOR_PORT";

    /// <summary>Unix socket to listen on instead.</summary>
    public const string Socket = "ORCHESTRATOR_SOCKET";

    /// <summary>Path of the artefact.</summary>
    public const string Artefact = "ORCHESTRATOR_ARTEFACT";

    /// <summary>Those of a launch.</summary>
    /// <param name="launch">What is started.</param>
    /// <param name="drainTime">How long it may drain after SIGTERM.</param>
    public static IReadOnlyDictionary<string, string> For(ContainerLaunch launch, TimeSpan drainTime)
    {
        ArgumentNullException.ThrowIfNull(launch);
        var spec = launch.Spec;
        return new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["ORCHESTRATOR_MODEL"] = launch.Replica.ModelVersion.Model,
            ["ORCHESTRATOR_VERSION"] = launch.Replica.ModelVersion.Version,
            ["ORCHESTRATOR_CONCURRENCY"] = Number(spec.Concurrency),
            ["ORCHESTRATOR_THREADS"] = Number(spec.Threads),
            ["ORCHESTRATOR_MAX_BATCH_BYTES"] = Number(spec.Batching.MaxBytes),
            ["ORCHESTRATOR_DRAIN_SECONDS"] = drainTime.TotalSeconds.ToString("0.###", CultureInfo.InvariantCulture),
            ["ORCHESTRATOR_OPTIONS"] = JsonSerializer.Serialize(spec.Options),
            [Replica] = launch.Replica.ToString(),
        };
    }

    private static string Number(int value) => value.ToString(CultureInfo.InvariantCulture);
}
