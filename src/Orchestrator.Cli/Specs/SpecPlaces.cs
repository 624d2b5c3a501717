using System.Text.RegularExpressions;
using Orchestrator.Core.Admin;
using Orchestrator.Core.Cluster;

namespace Orchestrator.Cli.Specs;

/// <summary>
/// Says what the server found wrong in the words of a command that has no file: its places (<c>models[3].versions[0].replicas</c>) lie in a spec that the user has never
/// seen. What an option gave is named by that option; of the rest only the message is told, which names model and version itself. JSON keeps the places.
/// </summary>
internal static partial class SpecPlaces
{
    private const string Replicas = "--replicas";

    private static readonly Dictionary<string, string> Options = new(StringComparer.Ordinal)
    {
        ["version.version"] = "--version", ["version.framework"] = "--framework", ["version.artefact"] = "--path", ["version.options"] = "--option", ["version.environment"] = "--env",
        ["version.command"] = "--command", ["version.interpreter"] = "--interpreter", ["version.image"] = "--image", ["version.resources.cpus"] = "--cpus", ["version.resources.memory"] = "--memory",
        ["version.resources.pids"] = "--pids", ["version.resources.gpus"] = "--gpus", ["version.replicas"] = Replicas, ["version.concurrency"] = "--concurrency", ["version.threads"] = "--threads",
        ["version.batching.policy"] = "--batching", ["version.batching.maxSize"] = "--max-batch", ["version.batching.delay"] = "--batch-delay", ["version.queueCapacity"] = "--queue",
        ["version.cache.ttl"] = "--cache-ttl", ["version.startupTimeout"] = "--startup-timeout", ["model.name"] = "model", ["application.name"] = "name", ["application.slo.latency"] = "--slo",
        ["application.slo.percentile"] = "--percentile", ["application.defaultOutput"] = "--default-output", ["application.selection.policy"] = "--policy", ["application.selection"] = "--model",
    };

    /// <summary>Waits for a change; what is wrong with it is said for people who wrote options.</summary>
    /// <param name="change">Sent to the server.</param>
    /// <param name="replicas">How the command calls the number of replicas.</param>
    public static async Task<ApplyResult> NamingOptionsAsync(this Task<ApplyResult> change, string replicas = Replicas)
    {
        try
        {
            return await change;
        }
        catch (CliException e) when (e.SpecErrors.Count > 0)
        {
            throw new CliException(e.ExitCode, e.Message, [.. e.SpecErrors.Select(m => Describe(m, replicas))], e) { SpecErrors = e.SpecErrors };
        }
    }

    private static string Describe(SpecError mistake, string replicas)
    {
        var option = OptionOf(mistake.Path);
        return option.Length == 0 ? mistake.Message : $"{(option == Replicas ? replicas : option)}: {mistake.Message}";
    }

    /// <returns>Empty: no option says it. A part of a version that has none is named as the spec has it.</returns>
    private static string OptionOf(string path)
    {
        var place = Place().Match(path);
        if (!place.Success)
        {
            return path;
        }

        var inside = $"{(place.Groups["version"].Success ? "version" : place.Groups["of"].Value)}.{place.Groups["key"].Value}";
        for (var key = inside; key.Contains('.', StringComparison.Ordinal); key = key[..key.LastIndexOfAny(['.', '['])])
        {
            if (Options.TryGetValue(key, out var option))
            {
                return option;
            }
        }

        return place.Groups["key"].Value;
    }

    [GeneratedRegex(@"^(?<of>model|application)s\[\d+\](?<version>\.versions\[\d+\])?\.?(?<key>.*)$", RegexOptions.ExplicitCapture)]
    private static partial Regex Place();
}
