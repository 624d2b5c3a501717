using System.CommandLine;
using Orchestrator.Cli.Output;

namespace Orchestrator.Cli.Commands;

/// <summary>Which part of a cluster <c>orch up</c> runs here, and whether what else was said goes with it.</summary>
internal sealed class UpRole(CliContext context)
{
    private const string All = "all";
    private const string Control = "control";
    private const string Frontend = "frontend";
    private const string Gateway = "gateway";
    private const string DefaultState = ".orchestrator";
    private static readonly string[] Roles = [All, Control, Frontend, Gateway];

    private readonly Option<string?> _role = new("--role") { Description = "What runs here: all, control (no predictions), frontend (predictions alone) or gateway (balances over frontends); by default all.", HelpName = "ROLE", Validators = { SpecOptions.OneOf(Roles) } };
    private readonly Option<string?> _frontends = new("--frontends") { Description = "Of a gateway: the query ports it balances over, with commas.", HelpName = "URL,..." };

    public Symbol[] Options => [_role, _frontends];

    /// <summary>Given on to the host.</summary>
    public string[] Arguments(ParseResult parsed) => IsAll(parsed)
        ? []
        : ["--role", Of(parsed), .. parsed.GetValue(_frontends) is { } frontends ? ["--frontends", frontends] : (string[])[]];

    public bool IsAll(ParseResult parsed) => Of(parsed) == All;

    /// <summary>Whether it takes changes and knows the status of everything; the others have health alone.</summary>
    public bool HasStatus(ParseResult parsed) => Of(parsed) is All or Control;

    /// <summary>Whether it has a port for predictions.</summary>
    public bool HasQueries(ParseResult parsed) => Of(parsed) != Control;

    /// <summary>Where its log is if nobody says; apart from that of a control plane started in the same folder.</summary>
    public string StateFolder(ParseResult parsed, int urlPort) => HasStatus(parsed) ? DefaultState : Path.Combine(DefaultState, $"{Of(parsed)}-{urlPort}");

    /// <param name="parsed">The command line.</param>
    /// <param name="models">Options that were given and are about models, which only who controls or serves has.</param>
    /// <param name="hasRedis">Whether a Redis was named, in whatever way.</param>
    /// <exception cref="CliException">They do not go together.</exception>
    public void Require(ParseResult parsed, IReadOnlyList<string> models, bool hasRedis)
    {
        var role = Of(parsed);
        var hasFrontends = parsed.GetValue(_frontends) is not null || context.Environment("ORCHESTRATOR_FRONTENDS") is not null;
        var mistake = role switch
        {
            _ when !Roles.Contains(role) => $"ORCHESTRATOR_ROLE: expected {string.Join(", ", Roles)}, got '{role}'.",
            Gateway when models.Count > 0 => $"--role gateway: it has no models and needs no Redis; expected --frontends alone, got {string.Join(", ", models)}.",
            Gateway when !hasFrontends => "--role gateway: expected --frontends http://HOST:PORT,..., the query ports that it balances over.",
            not Gateway when parsed.GetValue(_frontends) is not null => $"--frontends: only a gateway balances over frontends; expected --role gateway, got {role}.",
            Control or Frontend when !hasRedis => $"--role {role}: control plane and frontends in different processes meet in Redis; expected redis: in the file, --redis HOST:PORT or ORCHESTRATOR_REDIS.",
            _ => null,
        };
        if (mistake is not null)
        {
            throw new CliException(ExitCodes.Invalid, mistake);
        }
    }

    /// <summary>What a part has to show.</summary>
    public async Task PrintAsync(Printer printer, ParseResult parsed, string query, Uri admin, string log)
    {
        var list = new AddressList();
        if (HasQueries(parsed))
        {
            list.Add("predictions", query);
        }

        list.Add("admin", admin.ToString(), HasStatus(parsed) ? "orch status --watch" : "/readyz and /metrics alone");
        list.Add("log", log);
        foreach (var line in list.Lines().Append("Ctrl-C ends it."))
        {
            await printer.LineAsync(line);
        }
    }

    private string Of(ParseResult parsed) => parsed.GetValue(_role) ?? context.Environment("ORCHESTRATOR_ROLE") ?? All;
}
