namespace Orchestrator.Core.Cluster.Validation;

/// <summary>Validates which models an application chooses from.</summary>
internal static class SelectionSpecValidator
{
    public const string Single = "single";

    public static void Validate(SelectionSpec selection, string path, IReadOnlyList<ModelSpec> models, ValidationContext context, SpecErrors errors)
    {
        errors.CheckKnown($"{path}.policy", "selection policy", selection.Policy, context.SelectionPolicies);
        for (var i = 0; i < selection.Targets.Count; i++)
        {
            if (errors.CheckPresent($"{path}.targets[{i}]", selection.Targets[i]))
            {
                CheckTarget(selection.Targets[i], $"{path}.targets[{i}]", models, errors);
            }
        }

        var targets = selection.Targets.Where(t => t is not null).ToList();
        if (targets.Count == 0)
        {
            errors.Add($"{path}.targets", "is empty; expected the model that answers.");
        }
        else if (selection.Policy == Single && targets.Count > 1)
        {
            errors.Add($"{path}.targets", $"policy {Single} takes exactly one model and {targets.Count} are given; remove the others, or use policy weighted.");
        }
        else if (!(targets.Sum(t => t.Weight) > 0))
        {
            errors.Add($"{path}.targets", "the weights add up to nothing, so no model could ever be chosen; give at least one a weight above 0.");
        }

        errors.CheckUnique(
            selection.Targets.Select((t, i) => ($"{path}.targets[{i}].model", t is null ? "" : t.Version is null ? t.Model : $"{t.Model}:{t.Version}")).Where(t => t.Item2 != ""),
            "target");
    }

    private static void CheckTarget(SelectionTarget target, string path, IReadOnlyList<ModelSpec> models, SpecErrors errors)
    {
        if (!double.IsFinite(target.Weight) || target.Weight < 0)
        {
            errors.Add($"{path}.weight", $"{target.Weight} is no weight; expected a number of at least 0.");
        }

        var model = models.FirstOrDefault(m => m.Name == target.Model);
        if (model is null)
        {
            var names = models.Select(m => m.Name).Where(n => !string.IsNullOrEmpty(n)).ToList();
            var known = names.Count == 0 ? "there is no model" : $"models are {string.Join(", ", names)}";
            errors.Add($"{path}.model", $"unknown model '{target.Model}'{Suggestion.For(target.Model ?? "", names)}; {known}.");
        }
        else if (target.Version is not null && model.Versions.All(v => v?.Version != target.Version))
        {
            errors.Add(
                $"{path}.version",
                $"model {model.Name} has no version '{target.Version}'; its versions are {string.Join(", ", model.Versions.Where(v => v is not null).Select(v => v.Version))}.");
        }
    }
}
