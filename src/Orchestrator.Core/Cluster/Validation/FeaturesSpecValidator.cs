using System.Text;
using Orchestrator.Core.Features;

namespace Orchestrator.Core.Cluster.Validation;

/// <summary>Validates what an application looks up. Whether it fits the model shows only when a container told its signature.</summary>
public static class FeaturesSpecValidator
{
    /// <summary>The native layout's own field: when a record was true.</summary>
    public const string TimeField = "_at";

    private const int MostNameLength = 200;
    private const int MostViews = 100;
    private const int MostFeatures = 4096;
    private static readonly TimeSpan LeastBudget = TimeSpan.FromMicroseconds(100);
    private static readonly TimeSpan MostAge = TimeSpan.FromDays(3650);

    internal static void Validate(FeaturesSpec features, TimeSpan? slo, string path, ValidationContext context, SpecErrors errors)
    {
        if (context.HasFeatureStore == false)
        {
            errors.Add(path, "features are looked up in Redis, and this orchestrator has none; start it with --redis HOST:PORT, or with redis: in the file given to orch up.");
        }

        if (features.Budget is { } budget && (budget < LeastBudget || (slo > TimeSpan.Zero && budget >= slo)))
        {
            errors.Add($"{path}.budget", $"{(budget < TimeSpan.Zero ? "a negative time" : Durations.Format(budget))} is out of range; expected at least {Durations.Format(LeastBudget)} and less than the application's latency, such as a quarter of it.");
        }

        if (!errors.CheckPresent($"{path}.views", features.Views) || !errors.CheckPresent($"{path}.columns", features.Columns))
        {
            return;
        }

        if (features.Views.Count is 0 or > MostViews)
        {
            errors.Add($"{path}.views", $"holds {features.Views.Count} views; expected 1 to {MostViews}.");
        }

        for (var i = 0; i < features.Views.Count; i++)
        {
            if (errors.CheckPresent($"{path}.views[{i}]", features.Views[i]))
            {
                CheckView(features.Views[i], $"{path}.views[{i}]", errors);
            }
        }

        CheckTogether(features, path, errors);
    }

    /// <summary>Views of one name read the same records, whichever application names them.</summary>
    internal static void CheckShared(IReadOnlyList<ApplicationSpec> applications, SpecErrors errors)
    {
        var seen = new Dictionary<(string Layout, string? Project, string Name), (string Path, FeatureViewSpec View)>();
        for (var a = 0; a < applications.Count; a++)
        {
            var views = applications[a]?.Features?.Views ?? [];
            for (var v = 0; v < views.Count; v++)
            {
                if (views[v] is not { Name: not null, Entity: not null, Features: not null } view)
                {
                    continue;
                }

                var path = $"applications[{a}].features.views[{v}]";
                if (!seen.TryAdd((view.Layout, view.Project, view.Name), (path, view)) && seen[(view.Layout, view.Project, view.Name)] is var first && FindDifference(first.View, view) is { } difference)
                {
                    errors.Add(path, $"view '{view.Name}' reads the same records as {first.Path}, but {difference}; expected the same keys and types, or another name.");
                }
            }
        }
    }

    /// <summary>In what two views contradict each other; null: in nothing. One may name features that the other does not.</summary>
    public static string? FindDifference(FeatureViewSpec left, FeatureViewSpec right)
    {
        if (!left.Entity.SequenceEqual(right.Entity))
        {
            return "its entity keys differ";
        }

        var types = left.Features.Where(f => f is { Name: not null }).GroupBy(f => f.Name).ToDictionary(f => f.Key, f => f.First().Type);
        return right.Features.FirstOrDefault(f => f is { Name: not null } && types.TryGetValue(f.Name, out var type) && type != f.Type) is { } other
            ? $"feature '{other.Name}' is {types[other.Name]} there and {other.Type} here"
            : null;
    }

    /// <summary>Mistakes of one view, apart from any application.</summary>
    public static IReadOnlyList<SpecError> ValidateView(FeatureViewSpec view, string path)
    {
        var errors = new SpecErrors();
        CheckView(view, path, errors);
        return errors.All;
    }

    private static void CheckView(FeatureViewSpec view, string path, SpecErrors errors)
    {
        NameRule.Check(errors, $"{path}.name", view.Name);
        if (view.MaxAge is { } age && (age <= TimeSpan.Zero || age > MostAge))
        {
            errors.Add($"{path}.maxAge", $"is out of range; expected more than 0 and at most {Durations.Format(MostAge)}.");
        }

        errors.CheckKnown($"{path}.layout", "layout", view.Layout ?? "", [FeatureViewSpec.NativeLayout, FeatureViewSpec.FeastLayout]);
        if (view.Layout == FeatureViewSpec.FeastLayout && string.IsNullOrEmpty(view.Project))
        {
            errors.Add($"{path}.project", "is missing; expected the project of the Feast repository, which is part of every key.");
        }
        else if (view.Layout == FeatureViewSpec.NativeLayout && view.Project is not null)
        {
            errors.Add($"{path}.project", "has a meaning with layout: feast alone; remove it.");
        }

        CheckKeys(view, path, errors);
        CheckFeatures(view, path, errors);
    }

    private static void CheckKeys(FeatureViewSpec view, string path, SpecErrors errors)
    {
        if (!errors.CheckPresent($"{path}.entity", view.Entity))
        {
            return;
        }

        if (view.Entity.Count == 0)
        {
            errors.Add($"{path}.entity", "is missing; expected the name of the key that a record is found by, such as user_id.");
        }

        for (var i = 0; i < view.Entity.Count; i++)
        {
            if (errors.CheckPresent($"{path}.entity[{i}]", view.Entity[i]) && CheckName($"{path}.entity[{i}].name", view.Entity[i].Name, errors))
            {
                errors.CheckKnown($"{path}.entity[{i}].type", "type of a key", view.Entity[i].Type ?? "", [.. FeatureTypes.KeyNames]);
                if (view.Layout == FeatureViewSpec.FeastLayout && !Ascii.IsValid(view.Entity[i].Name))
                {
                    errors.Add($"{path}.entity[{i}].name", "is not ASCII; versions of Feast differ in how they write such a key, expected ASCII letters with layout: feast.");
                }
            }
        }

        errors.CheckUnique(view.Entity.Select((k, i) => ($"{path}.entity[{i}].name", k?.Name ?? "")).Where(k => k.Item2 != ""), "key");
    }

    private static void CheckFeatures(FeatureViewSpec view, string path, SpecErrors errors)
    {
        if (!errors.CheckPresent($"{path}.features", view.Features))
        {
            return;
        }

        if (view.Features.Count is 0 or > MostFeatures)
        {
            errors.Add($"{path}.features", $"holds {view.Features.Count} features; expected 1 to {MostFeatures}.");
        }

        for (var i = 0; i < view.Features.Count; i++)
        {
            if (errors.CheckPresent($"{path}.features[{i}]", view.Features[i]))
            {
                CheckFeature(view.Features[i], $"{path}.features[{i}]", errors);
            }
        }

        errors.CheckUnique(view.Features.Select((f, i) => ($"{path}.features[{i}].name", f?.Name ?? "")).Where(f => f.Item2 != ""), "feature");
    }

    private static void CheckFeature(FeatureSpec feature, string path, SpecErrors errors)
    {
        if (CheckName($"{path}.name", feature.Name, errors) && feature.Name == TimeField)
        {
            errors.Add($"{path}.name", $"'{TimeField}' is where a record says when it was true; expected another name.");
        }

        if (feature.Input is not null)
        {
            CheckName($"{path}.input", feature.Input, errors);
        }

        if (!FeatureTypes.Names.Contains(feature.Type))
        {
            errors.CheckKnown($"{path}.type", "type", feature.Type ?? "", [.. FeatureTypes.Names]);
        }
        else if (feature.Default is { } value && FeatureText.Canonical(FeatureTypes.Parse(feature.Type), value) is null)
        {
            errors.Add($"{path}.default", $"{Excerpt(value.GetRawText())} does not fit; expected {FeatureTypes.Expected(FeatureTypes.Parse(feature.Type))}.");
        }
    }

    private static void CheckTogether(FeaturesSpec features, string path, SpecErrors errors)
    {
        var views = features.Views.Select((v, i) => (View: v, Path: $"{path}.views[{i}]")).Where(v => v.View is { Name: not null, Entity: not null, Features: not null }).ToList();
        errors.CheckUnique(views.Select(v => ($"{v.Path}.name", v.View.Name)), "view");
        errors.CheckUnique(features.Columns.Select((c, i) => ($"{path}.columns[{i}]", c ?? "")), "column");
        var inputs = views.SelectMany(v => v.View.Features.Select((f, i) => (Path: $"{v.Path}.features[{i}]{(f?.Input is null ? ".name" : ".input")}", Input: f?.Input ?? f?.Name ?? ""))).Where(f => f.Input != "").ToList();
        errors.CheckUnique(inputs, "input");
        foreach (var (inputPath, input) in inputs.Where(f => features.Columns.Count > 0 && !features.Columns.Contains(f.Input)))
        {
            errors.Add(inputPath, $"'{input}' is no column{Suggestion.For(input, features.Columns)}; expected one of {string.Join(", ", features.Columns)}.");
        }

        var types = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var (view, viewPath) in views)
        {
            for (var i = 0; i < view.Entity.Count; i++)
            {
                if (view.Entity[i] is { Name: { } name, Type: { } type } && !types.TryAdd(name, type) && types[name] != type)
                {
                    errors.Add($"{viewPath}.entity[{i}].type", $"key '{name}' is {types[name]} in another view of this application and {type} here; expected one type.");
                }
            }
        }
    }

    private static bool CheckName(string path, string? name, SpecErrors errors)
    {
        var isName = name is { Length: > 0 and <= MostNameLength } && !name.Any(char.IsControl);
        if (!isName)
        {
            errors.Add(path, $"is {(string.IsNullOrEmpty(name) ? "missing" : "no name")}; expected 1 to {MostNameLength} printable characters.");
        }

        return isName;
    }

    private static string Excerpt(string text) => text.Length > 60 ? text[..60] + "..." : text;
}
