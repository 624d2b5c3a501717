namespace Orchestrator.Core.Cluster.Validation;

/// <summary>Validates a whole cluster: every mistake at once, each with its path. The same on the CLI and on the server.</summary>
public static class ClusterSpecValidator
{
    /// <summary>All mistakes; empty if it may become desired state.</summary>
    public static IReadOnlyList<SpecError> Validate(ClusterSpec cluster, ValidationContext context)
    {
        ArgumentNullException.ThrowIfNull(cluster);
        ArgumentNullException.ThrowIfNull(context);
        var errors = new SpecErrors();
        NameRule.Check(errors, "name", cluster.Name);
        CheckRuntime(cluster, context, errors);
        for (var i = 0; i < cluster.Models.Count; i++)
        {
            var path = $"models[{i}]";
            if (errors.CheckPresent(path, cluster.Models[i]))
            {
                ModelSpecValidator.Validate(cluster.Models[i], path, context, errors);
                RuntimeSettingsValidator.Validate(cluster.Models[i], path, cluster.Runtime, errors);
            }
        }

        // A null among them was reported above and must not end the search for other mistakes.
        var models = cluster.Models.Where(m => m is not null).ToList();
        errors.CheckUnique(cluster.Models.Select((m, i) => ($"models[{i}].name", m?.Name ?? "")).Where(n => n.Item2 != ""), "model");
        for (var i = 0; i < cluster.Applications.Count; i++)
        {
            var path = $"applications[{i}]";
            if (errors.CheckPresent(path, cluster.Applications[i]))
            {
                ApplicationSpecValidator.Validate(cluster.Applications[i], path, models, context, errors);
            }
        }

        FeaturesSpecValidator.CheckShared(cluster.Applications, errors);
        errors.CheckUnique(cluster.Applications.Select((a, i) => ($"applications[{i}].name", a?.Name ?? "")).Where(n => n.Item2 != ""), "application");
        return errors.All;
    }

    private static void CheckRuntime(ClusterSpec cluster, ValidationContext context, SpecErrors errors)
    {
        if (context.OwnRuntime is { } own && own != cluster.Runtime && ValidationContext.AllRuntimes.Contains(cluster.Runtime))
        {
            errors.Add("runtime", $"this orchestrator runs containers under '{own}', not under '{cluster.Runtime}'; write runtime: {own}, or start the orchestrator with --runtime {cluster.Runtime}.");
        }
        else
        {
            errors.CheckKnown("runtime", "runtime", cluster.Runtime, context.Runtimes);
        }

        errors.CheckKnown("onShutdown", "value", cluster.OnShutdown, [ClusterSpec.ShutdownStop, ClusterSpec.ShutdownLeave]);
        if (cluster is { OnShutdown: ClusterSpec.ShutdownLeave, Runtime: RuntimeSettingsValidator.Processes })
        {
            errors.Add("onShutdown", "leave is not possible with runtime process, whose containers never outlive the orchestrator; use runtime: docker, or onShutdown: stop.");
        }
    }
}
