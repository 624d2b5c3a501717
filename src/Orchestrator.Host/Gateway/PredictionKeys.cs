using Orchestrator.Core.Serving;

namespace Orchestrator.Host.Gateway;

/// <summary>Names what a request predicts with, in the words in which a frontend tells a gateway which models must not be asked twice.</summary>
internal static class PredictionKeys
{
    /// <summary>Header of a frontend's <c>/v2/health/ready</c>: keys, separated by commas.</summary>
    public const string HeaderName = "Orchestrator-Not-Idempotent";

    /// <summary>Instead of a list that is too long for a header: nothing may be repeated.</summary>
    public const string Everything = "*";

    /// <summary>Instead of an empty header, which some proxies drop: everything may be repeated.</summary>
    private const string Nothing = "none";

    private const int LongestHeader = 8 * 1024;

    public static string Application(string name) => "app/" + name;

    public static string Model(string name) => "model/" + name;

    /// <summary>The header's value for a snapshot: models with a version that is not idempotent, and the applications over them.</summary>
    public static string NotIdempotent(ServingSnapshot snapshot)
    {
        var models = snapshot.Models.Where(m => m.Versions.Any(v => !v.Spec.Idempotent)).Select(m => m.Name).ToHashSet(StringComparer.Ordinal);
        if (models.Count == 0)
        {
            return Nothing;
        }

        var applications = snapshot.Applications.Where(a => a.Selection.Targets.Any(t => models.Contains(t.Model))).Select(a => Application(a.Name));
        var value = string.Join(',', models.Select(Model).Concat(applications));
        return value.Length <= LongestHeader ? value : Everything;
    }

    /// <summary>The key of a prediction request; null: it is none.</summary>
    public static string? Of(string method, string path)
    {
        if (!HttpMethods.IsPost(method))
        {
            return null;
        }

        return path.Split('/') switch
        {
            ["", var application, var verb] when Is(verb, "predict") => Application(application),
            ["", var v2, var models, var model, var verb] when Is(v2, "v2") && Is(models, "models") && Is(verb, "infer") => Model(model),
            ["", var v2, var models, var model, var versions, _, var verb] when Is(v2, "v2") && Is(models, "models") && Is(versions, "versions") && Is(verb, "infer") => Model(model),
            _ => null,
        };
    }

    // As routing compares.
    private static bool Is(string segment, string expected) => segment.Equals(expected, StringComparison.OrdinalIgnoreCase);
}
