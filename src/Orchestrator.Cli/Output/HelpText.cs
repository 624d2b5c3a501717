using System.Text.RegularExpressions;

namespace Orchestrator.Cli.Output;

/// <summary>
/// Help as the library writes it, but for one thing: it puts brackets around an optional argument in the usage alone, so that a list of commands says that <c>bench</c> must
/// have an input. The names of such arguments are marked, and the marks, as wide as the brackets, become brackets.
/// </summary>
internal static partial class HelpText
{
    public const string OptionalMark = "??";

    public static string WithBrackets(string help) => Marked().Replace(help, "[<${name}>]");

    [GeneratedRegex(@"\[<\?\?(?<name>[^>]+)>\]|<\?\?(?<name>[^>]+)>", RegexOptions.ExplicitCapture)]
    private static partial Regex Marked();
}
