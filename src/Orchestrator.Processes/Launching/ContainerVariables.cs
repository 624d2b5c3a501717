using System.Globalization;
using Orchestrator.Core.Runtime;

namespace Orchestrator.Processes.Launching;

/// <summary>The environment of a container: little of the host's (never its secrets), the manifest's, the spec's and the contract's.</summary>
internal static class ContainerVariables
{
    public const string RunId = "ORCHESTRATOR_RUN_ID";
    public const string State = "ORCHESTRATOR_STATE_ID";
    public const string Replica = ContractVariables.Replica;

    private const string DefaultPath = "/usr/local/bin:/usr/bin:/bin";

    // Where programs, the user's libraries, temporary files and the .NET runtime are found; nothing else of the host's environment is a container's business.
    private static readonly string[] Inherited = ["HOME", "LANG", "LC_ALL", "TZ", "TMPDIR", "DOTNET_ROOT"];

    /// <summary>What every child gets, also an interpreter that is only asked what it can import.</summary>
    public static Dictionary<string, string> Base(RunIdentity run)
    {
        var variables = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["PATH"] = Environment.GetEnvironmentVariable("PATH") is { Length: > 0 } path ? path : DefaultPath,
            ["LANG"] = "C.UTF-8",
            ["TMPDIR"] = Path.GetTempPath().TrimEnd('/'),
            [RunId] = run.RunId,
            [State] = run.StateId,
        };
        foreach (var name in Inherited)
        {
            if (Environment.GetEnvironmentVariable(name) is { Length: > 0 } value)
            {
                variables[name] = value;
            }
        }

        return variables;
    }

    /// <summary>Later ones win: base, manifest, spec, contract. A spec cannot change what the contract says.</summary>
    public static Dictionary<string, string> For(
        ContainerLaunch launch, int port, RunIdentity run, TimeSpan drainTime, IReadOnlyDictionary<string, string> fromManifest)
    {
        var variables = Base(run);
        foreach (var (name, value) in fromManifest.Concat(launch.Spec.Environment))
        {
            variables[name] = value;
        }

        variables.Remove(ContractVariables.Socket);
        variables.Remove(ContractVariables.Artefact);
        foreach (var (name, value) in ContractVariables.For(launch, drainTime))
        {
            variables[name] = value;
        }

        variables[ContractVariables.Host] = LoopbackPorts.Host;
        variables[ContractVariables.Port] = port.ToString(CultureInfo.InvariantCulture);
        if (launch.ArtefactPath is not null)
        {
            variables[ContractVariables.Artefact] = launch.ArtefactPath;
        }

        variables[RunId] = run.RunId;
        variables[State] = run.StateId;
        return variables;
    }
}
