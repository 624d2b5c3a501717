namespace Orchestrator.Core.Cluster.Validation;

/// <summary>Validates one model and, through its own validators, its versions.</summary>
internal static class ModelSpecValidator
{
    private static readonly TimeSpan LeastTimeout = TimeSpan.FromMilliseconds(1);
    private static readonly TimeSpan MostTimeout = TimeSpan.FromHours(1);

    public static void Validate(ModelSpec model, string path, ValidationContext context, SpecErrors errors)
    {
        NameRule.Check(errors, $"{path}.name", model.Name);
        errors.CheckRange($"{path}.timeout", model.Timeout, LeastTimeout, MostTimeout);
        for (var i = 0; i < model.Versions.Count; i++)
        {
            var versionPath = $"{path}.versions[{i}]";
            if (errors.CheckPresent(versionPath, model.Versions[i]))
            {
                ModelVersionSpecValidator.Validate(model.Versions[i], versionPath, context, errors);
            }
        }

        errors.CheckUnique(model.Versions.Select((v, i) => ($"{path}.versions[{i}].version", v?.Version ?? "")).Where(v => v.Item2 != ""), "version");
        CheckCurrent(model, path, errors);
    }

    private static void CheckCurrent(ModelSpec model, string path, SpecErrors errors)
    {
        var versions = model.Versions.Where(v => v is not null).Select(v => v.Version).ToList();
        if (versions.Count == 0)
        {
            errors.Add($"{path}.versions", "is empty; expected at least one version.");
        }
        else if (string.IsNullOrEmpty(model.CurrentVersion))
        {
            errors.Add($"{path}.currentVersion", $"is missing; with several versions say which one answers: {string.Join(", ", versions)}.");
        }
        else if (!versions.Contains(model.CurrentVersion))
        {
            errors.Add($"{path}.currentVersion", $"version '{model.CurrentVersion}' is not among the model's versions: {string.Join(", ", versions)}.");
        }
    }
}
