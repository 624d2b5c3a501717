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
        errors.CheckKnown("runtime", "runtime", cluster.Runtime, context.Runtimes);
        for (var i = 0; i < cluster.Models.Count; i++)
        {
            var path = $"models[{i}]";
            if (errors.CheckPresent(path, cluster.Models[i]))
            {
                ModelSpecValidator.Validate(cluster.Models[i], path, context, errors);
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

        errors.CheckUnique(cluster.Applications.Select((a, i) => ($"applications[{i}].name", a?.Name ?? "")).Where(n => n.Item2 != ""), "application");
        return errors.All;
    }
}
