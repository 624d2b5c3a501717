using System.Text.Json;

namespace Orchestrator.Container.MlNet.Model;

/// <summary>Which of the columns a pipeline makes are answered: those that the option <c>outputs</c> names; else the predictions by their standard names; else all.</summary>
internal static class OutputChoice
{
    /// <summary>Name of the option.</summary>
    public const string Option = "outputs";

    private static readonly string[] Standard = ["PredictedLabel", "Score", "Probability"];

    /// <exception cref="ConfigurationException">The option is wrong or names a column that is not made or cannot travel.</exception>
    /// <exception cref="ModelLoadException">Nothing that is made can travel.</exception>
    public static IReadOnlyList<PipelineColumn> Choose(IReadOnlyList<PipelineColumn> made, ModelOptions options)
    {
        if (ReadOption(options) is { } names)
        {
            return [.. names.Select(name => Find(made, name))];
        }

        var able = made.Where(c => c.DataType is not null).ToList();
        var standard = able.FindAll(c => Standard.Contains(c.Name));
        return (standard.Count, able.Count) switch
        {
            ( > 0, _) => [.. standard.OrderBy(c => Array.IndexOf(Standard, c.Name))],
            (0, > 0) => able,
            _ => throw new ModelLoadException($"the model makes nothing that can be answered; it makes {Describe(made)}, expected numbers, booleans, texts, keys or vectors of them"),
        };
    }

    private static PipelineColumn Find(IReadOnlyList<PipelineColumn> made, string name) => made.FirstOrDefault(c => c.Name == name) switch
    {
        null => throw new ConfigurationException($"option '{Option}' names the column '{name}', which the model does not make; it makes {Describe(made)}"),
        { DataType: null } column => throw new ConfigurationException($"option '{Option}' names the column '{name}', whose type {column.TypeName} no tensor can hold"),
        var column => column,
    };

    private static List<string>? ReadOption(ModelOptions options)
    {
        if (!options.Json.TryGetProperty(Option, out var value) || value.ValueKind == JsonValueKind.Null)
        {
            return null;
        }

        var isList = value.ValueKind == JsonValueKind.Array && value.GetArrayLength() > 0 && value.EnumerateArray().All(e => e.ValueKind == JsonValueKind.String);
        var names = isList ? value.EnumerateArray().Select(e => e.GetString()!).ToList() : [];
        return isList && names.Distinct().Count() == names.Count
            ? names
            : throw new ConfigurationException($"option '{Option}' is {value.GetRawText()}, expected a list of different names of columns, such as [\"Score\"]");
    }

    private static string Describe(IReadOnlyList<PipelineColumn> columns) =>
        columns.Count == 0 ? "no column" : string.Join(", ", columns.Select(c => $"{c.Name} ({c.TypeName})"));
}
