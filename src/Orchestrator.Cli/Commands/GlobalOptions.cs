using System.CommandLine;

namespace Orchestrator.Cli.Commands;

/// <summary>Options that every command has.</summary>
internal sealed class GlobalOptions
{
    public const string DefaultAdmin = "http://127.0.0.1:1338";
    public const string DefaultUrl = "http://127.0.0.1:1337";
    public const string AdminVariable = "ORCHESTRATOR_ADMIN";
    public const string UrlVariable = "ORCHESTRATOR_URL";

    private const string Json = "json";
    private const string Table = "table";

    public GlobalOptions()
    {
        Output.AcceptOnlyFromAmong(Table, Json);
    }

    public Option<string> Output { get; } = new("--output", "-o")
    {
        Description = "How results are printed: table (for people) or json. Errors follow; both go by the exit code.", Recursive = true, DefaultValueFactory = _ => Table, HelpName = "table|json",
    };

    public Option<string?> Admin { get; } = new("--admin") { Description = $"Address of the admin API. Default {AdminVariable}, else {DefaultAdmin}.", Recursive = true, HelpName = "URL" };

    public Option<string?> Url { get; } = new("--url") { Description = $"Address of the query frontend. Default {UrlVariable}, else {DefaultUrl}.", Recursive = true, HelpName = "URL" };

    public void AddTo(Command root)
    {
        root.Add(Output);
        root.Add(Admin);
        root.Add(Url);
    }

    /// <summary>Also when the command line is wrong elsewhere.</summary>
    public bool WantsJson(ParseResult parsed) => parsed.GetResult(Output)?.Tokens is [{ Value: Json }];

    public Uri AdminAddress(ParseResult parsed, CliContext context) => Address(parsed.GetValue(Admin), context.Environment(AdminVariable), DefaultAdmin, Admin.Name);

    public Uri QueryAddress(ParseResult parsed, CliContext context) => Address(parsed.GetValue(Url), context.Environment(UrlVariable), DefaultUrl, Url.Name);

    private static Uri Address(string? given, string? fromEnvironment, string usual, string option)
    {
        var text = !string.IsNullOrEmpty(given) ? given : !string.IsNullOrEmpty(fromEnvironment) ? fromEnvironment : usual;
        return Uri.TryCreate(text.TrimEnd('/') + "/", UriKind.Absolute, out var address) && address.Scheme is "http" or "https"
            ? address
            : throw new CliException(ExitCodes.Invalid, $"{option}: expected an address such as {usual}, got '{text}'.");
    }
}
