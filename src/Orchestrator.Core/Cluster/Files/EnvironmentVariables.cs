using System.Text;

namespace Orchestrator.Core.Cluster.Files;

/// <summary>Replaces <c>${NAME}</c> and <c>${NAME:-default}</c> in text; <c>$${</c> stands for <c>${</c> itself. Defaults are taken as they stand.</summary>
internal static class EnvironmentVariables
{
    /// <param name="text">What may hold references.</param>
    /// <param name="find">The value of a variable, or null.</param>
    /// <param name="problem">What is wrong with a reference; null if all could be replaced.</param>
    public static string Expand(string text, Func<string, string?> find, out string? problem)
    {
        problem = null;
        if (!text.Contains("${", StringComparison.Ordinal))
        {
            return text;
        }

        var result = new StringBuilder();
        var at = 0;
        for (var open = text.IndexOf("${", StringComparison.Ordinal); open >= 0; open = text.IndexOf("${", at, StringComparison.Ordinal))
        {
            if (open > at && text[open - 1] == '$')
            {
                result.Append(text, at, open - 1 - at).Append("${");
                at = open + 2;
                continue;
            }

            var close = text.IndexOf('}', open);
            if (close < 0)
            {
                problem = "has ${ without }; expected ${NAME} or ${NAME:-default}, or $${ for the characters themselves.";
                return text;
            }

            result.Append(text, at, open - at).Append(Resolve(text[(open + 2)..close], find, ref problem));
            at = close + 1;
        }

        return result.Append(text, at, text.Length - at).ToString();
    }

    private static string Resolve(string reference, Func<string, string?> find, ref string? problem)
    {
        var separator = reference.IndexOf(":-", StringComparison.Ordinal);
        var name = separator < 0 ? reference : reference[..separator];
        if (name.Length == 0 || name.Any(c => !char.IsAsciiLetterOrDigit(c) && c != '_'))
        {
            problem ??= $"${{{reference}}} is no reference to an environment variable; expected ${{NAME}} or ${{NAME:-default}}, or $${{ for the characters themselves.";
            return "";
        }

        var value = find(name);
        if (separator >= 0)
        {
            return string.IsNullOrEmpty(value) ? reference[(separator + 2)..] : value;
        }

        if (value is null)
        {
            problem ??= $"environment variable {name} is not set; set it, or write ${{{name}:-default}}.";
        }

        return value ?? "";
    }
}
