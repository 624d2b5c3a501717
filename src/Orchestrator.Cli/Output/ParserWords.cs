using System.Text.RegularExpressions;

namespace Orchestrator.Cli.Output;

/// <summary>Turns the argument parser's mistakes, which name types of .NET, into what a user should have written.</summary>
internal static partial class ParserWords
{
    public static string Explain(string mistake)
    {
        var match = NotParsed().Match(mistake);
        if (!match.Success)
        {
            return mistake;
        }

        var where = match.Groups["option"] is { Success: true, Value: var option } ? $"{option}: " : "";
        var expected = match.Groups["type"].Value switch
        {
            var type when type.Contains("System.Int", StringComparison.Ordinal) => "a whole number",
            var type when type.Contains("System.Double", StringComparison.Ordinal) => "a number",
            var type when type.Contains("System.Boolean", StringComparison.Ordinal) => "true or false",
            _ => "another value",
        };
        return $"{where}expected {expected}, got '{match.Groups["value"].Value}'.";
    }

    [GeneratedRegex(@"^Cannot parse argument '(?<value>.*)' for (option '(?<option>[^']*)'|command '[^']*') as expected type '(?<type>.*)'\.$", RegexOptions.ExplicitCapture | RegexOptions.Singleline)]
    private static partial Regex NotParsed();
}
