using Orchestrator.Core.Cluster;
using Orchestrator.Core.Features;

namespace Orchestrator.Cli.Features;

/// <summary>Reads an entity from a command line.</summary>
internal static class EntityArguments
{
    /// <summary>Key and value: a plain value for a view with one key, <c>KEY=VALUE</c> for each of several.</summary>
    /// <exception cref="CliException">They do not name an entity of the view.</exception>
    public static IReadOnlyList<(string Key, string Value)> Parse(FeatureView view, IReadOnlyList<string> arguments)
    {
        if (view.Keys.Count == 1 && arguments.Count == 1)
        {
            var prefix = view.Keys[0].Name + "=";
            var text = arguments[0];
            return [Check(view.Keys[0], text.StartsWith(prefix, StringComparison.Ordinal) ? text[prefix.Length..] : text)];
        }

        var values = new List<(string, string)>();
        foreach (var argument in arguments)
        {
            var at = argument.IndexOf('=', StringComparison.Ordinal);
            var name = at < 0 ? argument : argument[..at];
            var key = view.Keys.FirstOrDefault(k => at > 0 && k.Name == name)
                ?? throw Wrong(view, $"'{argument}' names no key{Suggestion.For(name, view.Keys.Select(k => k.Name))}");
            values.Add(Check(key, argument[(at + 1)..]));
        }

        return view.Keys.FirstOrDefault(k => values.All(v => v.Item1 != k.Name)) is { } absent ? throw Wrong(view, $"'{absent.Name}' is missing") : values;
    }

    private static (string Key, string Value) Check(EntityKey key, string text) =>
        EntityText.Canonical(key.Type, text) is { } value
            ? (key.Name, value)
            : throw new CliException(ExitCodes.Invalid, $"{key.Name}: '{text}'; expected {EntityText.Expected(key.Type)}.");

    private static CliException Wrong(FeatureView view, string what) =>
        new(ExitCodes.Invalid, $"{what}; expected {string.Join(" ", view.Keys.Select(k => $"{k.Name}=VALUE"))}.");
}
