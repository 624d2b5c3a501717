using System.CommandLine;
using System.CommandLine.Help;
using System.Runtime.InteropServices;
using Orchestrator.Cli.Commands;
using Orchestrator.Cli.Output;
using Orchestrator.Core.Cluster;

namespace Orchestrator.Cli;

/// <summary>From arguments to exit code.</summary>
internal static class CliProgram
{
    // "@file" is the input of predict, not a file with more arguments.
    private static readonly ParserConfiguration Parsing = new() { ResponseFileTokenReplacer = null };

    // Words of other command lines for the same, too far from ours for a typing mistake.
    private static readonly Dictionary<string, string> Synonyms = new(StringComparer.Ordinal)
    {
        ["delete"] = "remove", ["rm"] = "remove", ["ls"] = "list", ["get"] = "show", ["describe"] = "show", ["inspect"] = "show", ["add"] = "create", ["ps"] = "status", ["start"] = "up",
    };

    public static async Task<int> RunAsync(string[] arguments, CliContext context)
    {
        using var stop = new CancellationTokenSource();
        // The first signal lets the command end in its own way (up: the whole cluster); 'up' itself hears of the second.
        using var interrupt = OnSignal(PosixSignal.SIGINT, stop);
        using var terminate = OnSignal(PosixSignal.SIGTERM, stop);
        using var hangUp = OnSignal(PosixSignal.SIGHUP, stop);
        return await RunAsync(arguments, context, stop.Token);
    }

    public static async Task<int> RunAsync(string[] arguments, CliContext context, CancellationToken cancellationToken)
    {
        var root = Commands.Root.Create(context, out var globals);
        var parsed = root.Parse(arguments, Parsing);
        var printer = new Printer(context, isJson: globals.WantsJson(parsed));
        if (parsed.Errors.Count > 0 && parsed.Action is not HelpAction)
        {
            return await ExplainAsync(parsed, printer);
        }

        using var help = parsed.Action is HelpAction ? new StringWriter() : null;
        try
        {
            var code = await parsed.InvokeAsync(
                new InvocationConfiguration { Output = help ?? context.Out, Error = context.Error, EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null }, cancellationToken);
            await context.Out.WriteAsync(help is null ? "" : HelpText.WithBrackets(help.ToString()));
            return code;
        }
        catch (CliException e)
        {
            await printer.ErrorAsync(e.Message, e.Details, e.SpecErrors);
            return e.ExitCode;
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            return ExitCodes.Interrupted;
        }
    }

    private static async Task<int> ExplainAsync(ParseResult parsed, Printer printer)
    {
        var names = new List<string>();
        for (var result = parsed.CommandResult; result is not null; result = result.Parent as System.CommandLine.Parsing.CommandResult)
        {
            names.Insert(0, result.Command.Name);
        }

        var command = string.Join(' ', names);
        if (parsed.UnmatchedTokens.Count == 0 && parsed.CommandResult.Command.Subcommands.Count > 0)
        {
            // A group of commands alone: what it holds says more than what is missing.
            new HelpAction().Invoke(parsed);
            return ExitCodes.Invalid;
        }

        var mistakes = Mistakes(parsed);
        await printer.ErrorAsync($"{command}: {mistakes[0]}", mistakes[1..]);
        await printer.NoteAsync($"See: {command} --help");
        return ExitCodes.Invalid;
    }

    private static List<string> Mistakes(ParseResult parsed)
    {
        var command = parsed.CommandResult.Command;
        var known = command.Subcommands.Select(c => c.Name).Concat(command.Options.Select(o => o.Name)).ToList();
        // What follows an unknown command is its arguments: nothing can be said of them.
        var tokens = command.Subcommands.Count > 0 ? parsed.UnmatchedTokens.Take(1) : parsed.UnmatchedTokens;
        var unknown = tokens.Select(t => $"'{t}' is not known here{SuggestionFor(t, known)}");
        // The parser's own words for an unknown token, and that a command is missing then, would only repeat it.
        var others = parsed.Errors.Select(e => ParserWords.Explain(e.Message)).Where(m => parsed.UnmatchedTokens.Count == 0 || (command.Subcommands.Count == 0 && !parsed.UnmatchedTokens.Any(t => m.Contains($"'{t}'"))));
        return [.. unknown.Concat(others).Distinct()];
    }

    private static string SuggestionFor(string token, List<string> known) =>
        Synonyms.TryGetValue(token, out var meant) && known.Contains(meant) ? $" (did you mean '{meant}'?)" : Suggestion.For(token, known);

    private static PosixSignalRegistration OnSignal(PosixSignal signal, CancellationTokenSource stop) => PosixSignalRegistration.Create(signal, context =>
    {
        context.Cancel = true;
        stop.Cancel();
    });
}
