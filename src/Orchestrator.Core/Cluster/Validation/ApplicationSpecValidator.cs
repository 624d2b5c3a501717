namespace Orchestrator.Core.Cluster.Validation;

/// <summary>Validates one application and, through its own validator, its selection.</summary>
internal static class ApplicationSpecValidator
{
    /// <summary>First segments of paths that are taken: an application <c>admin</c> would hide the admin API.</summary>
    private static readonly HashSet<string> ReservedNames = new(StringComparer.OrdinalIgnoreCase) { "v2", "admin", "healthz", "readyz", "metrics", "containers", "api" };

    private static readonly TimeSpan MostLatency = TimeSpan.FromHours(1);

    public static void Validate(ApplicationSpec application, string path, IReadOnlyList<ModelSpec> models, ValidationContext context, SpecErrors errors)
    {
        if (NameRule.Check(errors, $"{path}.name", application.Name) && ReservedNames.Contains(application.Name))
        {
            errors.Add($"{path}.name", $"'{application.Name}' is reserved for the server's own paths; choose another name.");
        }

        if (errors.CheckPresent($"{path}.slo", application.Slo))
        {
            CheckSlo(application.Slo, $"{path}.slo", errors);
        }

        if (application.DefaultOutput is { } output)
        {
            ProcessSettingsValidator.CheckJson(errors, $"{path}.defaultOutput", output);
        }

        if (errors.CheckPresent($"{path}.selection", application.Selection))
        {
            SelectionSpecValidator.Validate(application.Selection, $"{path}.selection", models, context, errors);
        }

        if (application.Features is { } features)
        {
            FeaturesSpecValidator.Validate(features, application.Slo?.Latency, $"{path}.features", context, errors);
        }
    }

    private static void CheckSlo(SloSpec slo, string path, SpecErrors errors)
    {
        if (slo.Latency <= TimeSpan.Zero || slo.Latency > MostLatency)
        {
            errors.Add($"{path}.latency", $"is out of range; expected more than 0 and at most {Durations.Format(MostLatency)}.");
        }

        // Written so that NaN fails too.
        if (!(slo.Percentile > 0 && slo.Percentile < 100))
        {
            errors.Add($"{path}.percentile", $"{slo.Percentile} is out of range; expected more than 0 and less than 100, such as 99.");
        }
    }
}
