using System.CommandLine;
using System.Globalization;
using System.Text.RegularExpressions;
using Orchestrator.Cli.Admin;
using Orchestrator.Core.Admin;
using Orchestrator.Core.Cluster;

namespace Orchestrator.Cli.Specs;

/// <summary>
/// Says what the server found wrong in the words of a command that has no file: its places (<c>models[3].versions[0].replicas</c>) lie in a spec that the user has never
/// seen. What the command's own options or arguments give is named by these. The server checks the whole cluster, so a mistake may also lie in something else, which is
/// then named (<c>model digits, version 1</c>): blaming an option that nobody gave helps nobody. JSON keeps the places.
/// </summary>
internal static partial class SpecPlaces
{
    private static readonly Dictionary<string, string> Options = new(StringComparer.Ordinal)
    {
        ["version.version"] = "--version", ["version.framework"] = "--framework", ["version.artefact"] = "--path", ["version.options"] = "--option", ["version.environment"] = "--env",
        ["version.command"] = "--command", ["version.interpreter"] = "--interpreter", ["version.image"] = "--image", ["version.resources.cpus"] = "--cpus", ["version.resources.memory"] = "--memory",
        ["version.resources.pids"] = "--pids", ["version.resources.gpus"] = "--gpus", ["version.replicas"] = "--replicas", ["version.concurrency"] = "--concurrency", ["version.threads"] = "--threads",
        ["version.batching.policy"] = "--batching", ["version.batching.maxSize"] = "--max-batch", ["version.batching.delay"] = "--batch-delay", ["version.queueCapacity"] = "--queue",
        ["version.cache.ttl"] = "--cache-ttl", ["version.startupTimeout"] = "--startup-timeout", ["model.name"] = "model", ["application.name"] = "name", ["application.slo.latency"] = "--slo",
        ["application.slo.percentile"] = "--percentile", ["application.defaultOutput"] = "--default-output", ["application.selection.policy"] = "--policy", ["application.selection"] = "--model",
    };

    /// <summary>Waits for a change; what is wrong with it is said for people who wrote options.</summary>
    /// <param name="change">Sent to the server.</param>
    /// <param name="admin">Knows what else there is.</param>
    /// <param name="command">Whose options may be named.</param>
    /// <param name="edited">What the change is about.</param>
    /// <param name="stop">Ends the look-up of what else there is.</param>
    public static async Task<ApplyResult> NamingOptionsAsync(this Task<ApplyResult> change, AdminClient admin, Command command, EditedThing edited, CancellationToken stop)
    {
        try
        {
            return await change;
        }
        catch (CliException e) when (e.SpecErrors.Count > 0)
        {
            var status = await FindStatusAsync(admin, stop);
            throw new CliException(e.ExitCode, e.Message, [.. e.SpecErrors.Select(m => Describe(m, command, edited, status))], e) { SpecErrors = e.SpecErrors };
        }
    }

    private static async Task<ClusterStatus?> FindStatusAsync(AdminClient admin, CancellationToken stop)
    {
        try
        {
            return await admin.StatusAsync(stop);
        }
        catch (CliException)
        {
            // The refusal is what the user must see; without names it has the server's places.
            return null;
        }
    }

    private static string Describe(SpecError mistake, Command command, EditedThing edited, ClusterStatus? status)
    {
        var place = Place().Match(mistake.Path);
        if (mistake.Kept is not null || status is null || !place.Success || NameOf(place, edited, status) is not { } name)
        {
            return mistake.ToString();
        }

        var key = place.Groups["key"].Value;
        var option = name.IsEdited ? OptionOf(place, command) : null;
        // Of a place in what the user wrote that is no single option, the message says enough.
        return option is not null ? $"{option}: {mistake.Message}"
            : name.IsEdited && key.Length == 0 ? mistake.Message
            : $"{name.Text}: {(key.Length == 0 ? "" : $"{key}: ")}{mistake.Message}";
    }

    private static (string Text, bool IsEdited)? NameOf(Match place, EditedThing edited, ClusterStatus status)
    {
        var index = Index(place.Groups["index"]);
        if (place.Groups["of"].Value == "application")
        {
            return edited.ApplicationAt(status, index) is { } application ? ($"application {application}", application == edited.Application) : null;
        }

        if (edited.ModelAt(status, index) is not { } model)
        {
            return null;
        }

        if (!place.Groups["version"].Success)
        {
            return ($"model {model}", model == edited.Model);
        }

        return edited.VersionAt(status, index, Index(place.Groups["version"])) is { } version
            ? ($"model {model}, version {version}", (model, version) == (edited.Model, edited.Version))
            : null;
    }

    /// <returns>Null: the command has none that says it.</returns>
    private static string? OptionOf(Match place, Command command)
    {
        var inside = $"{(place.Groups["version"].Success ? "version" : place.Groups["of"].Value)}.{place.Groups["key"].Value}";
        for (var key = inside; key.Contains('.', StringComparison.Ordinal); key = key[..key.LastIndexOfAny(['.', '['])])
        {
            if (Options.TryGetValue(key, out var option))
            {
                // What is an option of one command may be an argument of another: model scale digits 3.
                return command.Options.Any(o => o.Name == option) ? option : command.Arguments.FirstOrDefault(a => a.Name == option.TrimStart('-'))?.Name;
            }
        }

        return null;
    }

    private static int Index(Group digits) => int.Parse(digits.Value, NumberStyles.None, CultureInfo.InvariantCulture);

    [GeneratedRegex(@"^(?<of>model|application)s\[(?<index>\d{1,9})\](\.versions\[(?<version>\d{1,9})\])?\.?(?<key>.*)$", RegexOptions.ExplicitCapture)]
    private static partial Regex Place();
}
